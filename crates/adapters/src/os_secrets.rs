//! Unpredictable bytes from the cryptographic library, which draws them from the operating system.

use tessera_services::ports::SecretSource;

/// The random generator of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsSecrets;

impl SecretSource for OsSecrets {
    /// Ends the process if there is no randomness: every id, salt and secret made without it could be guessed, and no
    /// caller could do better than give up.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter behind the SecretSource port")]
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("the operating system gives no random bytes; nothing safe can be done without them");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use tessera_services::ports::random;

    use super::*;

    #[test]
    fn fills_everything_and_never_the_same() {
        let (first, second) = (random::<32>(&OsSecrets), random::<32>(&OsSecrets));
        assert_ne!(first, second);
        for half in first.chunks(16).chain(second.chunks(16)) {
            assert_ne!(half, [0; 16]);
        }
        OsSecrets.fill(&mut []);
    }
}
