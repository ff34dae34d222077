//! The example of a `.env` file, written from the definition that the program itself reads.

use std::fmt::Write as _;

use super::docs::split_default;
use super::layers;

const INTRODUCTION: &str = "\
# Every setting, with its default. Copy this file to .env and change what is to be different; a line that begins with # is
# not read. docs/configuration.md says what each of them means. Written by `make config-docs`.
";

/// The example: it has every setting and sets none.
pub fn example() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = None;
    for arg in layers::arguments() {
        let heading = arg.get_help_heading().map(str::to_owned);
        if heading != section {
            let _infallible = write!(text, "\n# {}\n", heading.as_deref().unwrap_or("Other"));
            section = heading;
        }
        let name = layers::name(&arg).unwrap_or_default();
        let _infallible = match (arg.get_default_values(), split_default(&arg).1.replace('`', "")) {
            ([value], _) => writeln!(text, "# {name}={}", value.to_string_lossy()),
            (_, default) => writeln!(text, "# {name}=        # default: {default}"),
        };
    }
    text
}
