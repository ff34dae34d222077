//! How long the tests of chance run.

/// How often a test tries its luck: `usual` times, or as often as the environment `variable` says. `make chaos` sets it.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the service")]
pub fn rounds(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number of rounds"))
}
