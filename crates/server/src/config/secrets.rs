//! The one secret that everything else is protected with (requirement T9).

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::mistakes::Checks;
use super::runtime::AppEnv;

/// The length of an HMAC-SHA-256 key (RFC 7518, section 3.2).
const MIN_BYTES: usize = 32;
/// Random keys of that length have more distinct bytes even in hexadecimal, but for one in a million.
const MIN_DISTINCT: usize = 8;
pub(super) const ACCEPTED: &str =
    "at least 32 bytes that nobody can guess, such as the output of: openssl rand -base64 48";

/// Keys that stand in tutorials and would pass for random ones, and how generated samples begin.
const TUTORIALS: [&str; 2] = ["09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "djangoinsecure"];

/// What sample keys are made of, longer words first. A key of which little is left without them was not made by chance.
const SAMPLE_WORDS: [&str; 59] = [
    "development",
    "production",
    "1234567890",
    "signing",
    "service",
    "password",
    "generated",
    "something",
    "replace",
    "default",
    "example",
    "segura",
    "secreta",
    "cambiame",
    "random",
    "change",
    "string",
    "secret",
    "insert",
    "please",
    "secure",
    "cambia",
    "abcdef",
    "sample",
    "value",
    "token",
    "super",
    "least",
    "clave",
    "12345",
    "here",
    "your",
    "this",
    "very",
    "long",
    "keep",
    "that",
    "bits",
    "with",
    "real",
    "auth",
    "test",
    "esto",
    "not",
    "jwt",
    "key",
    "for",
    "256",
    "512",
    "123",
    "set",
    "use",
    "the",
    "bit",
    "top",
    "app",
    "hs",
    "me",
    "my",
];
/// Characters that have to be left: half of the length that is asked for.
const MIN_LEFT: usize = 16;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Protects the signing keys; with `HS256` it signs tokens itself. At least 32 random bytes. Set it in the
    /// environment: everybody on the machine can read a command line [default: made once, in the file `secret_key` in
    /// `DATA_DIR`; in production none]
    #[arg(long, env = "SECRET_KEY", value_name = "SECRET")]
    secret_key: Option<SecretString>,

    /// The `SECRET_KEY` before, while it is being changed: it opens what was sealed and verifies what was signed under it,
    /// and is used for nothing new. Set it in the environment, too [default: none]
    #[arg(long, env = "SECRET_KEY_PREVIOUS", value_name = "SECRET")]
    secret_key_previous: Option<SecretString>,
}

/// Where the key is.
#[derive(Clone)]
pub enum SecretKey {
    /// It was set.
    Given(SecretString),
    /// It is in this file, or will be.
    InFile(PathBuf),
}

impl Settings {
    pub fn check(
        self,
        app_env: AppEnv,
        data_dir: &Path,
        checks: &mut Checks,
    ) -> Option<(SecretKey, Option<SecretString>)> {
        let previous = match self.secret_key_previous {
            Some(key) => Some(check_key("SECRET_KEY_PREVIOUS", key, app_env, checks)?),
            None => None,
        };
        let Some(key) = self.secret_key else {
            if app_env == AppEnv::Production {
                checks.refuse("SECRET_KEY", "is not set, and production makes none up", ACCEPTED);
                return None;
            }
            return Some((SecretKey::InFile(data_dir.join("secret_key")), previous));
        };
        Some((SecretKey::Given(check_key("SECRET_KEY", key, app_env, checks)?), previous))
    }
}

/// The key, if it may be used where the service is to run.
fn check_key(name: &'static str, key: SecretString, app_env: AppEnv, checks: &mut Checks) -> Option<SecretString> {
    if !checks.is_text(name, key.expose_secret()) {
        return None;
    }
    match (weakness(key.expose_secret()), app_env) {
        (None, _) => Some(key),
        (Some(weakness), AppEnv::Development) => {
            checks.warn(format!("{name} {weakness}; production will refuse it"));
            Some(key)
        }
        (Some(weakness), AppEnv::Production) => {
            checks.refuse(name, weakness, ACCEPTED);
            None
        }
    }
}

/// Why a key protects nothing. The answer does not quote it.
pub(super) fn weakness(key: &str) -> Option<&'static str> {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if TUTORIALS.iter().any(|sample| plain.contains(sample)) || is_made_of_words(&plain) {
        return Some("is a sample that everybody knows");
    }
    if key.len() < MIN_BYTES {
        return Some("is shorter than 32 bytes");
    }
    is_monotonous(key.as_bytes()).then_some("repeats itself or counts, so that it can be guessed")
}

fn is_made_of_words(plain: &str) -> bool {
    let left = SAMPLE_WORDS.iter().fold(plain.to_owned(), |left, word| left.replace(word, ""));
    left.len() < plain.len() && left.len() < MIN_LEFT
}

/// Few distinct bytes, one part over and over, or mostly runs such as `abcd` and `1111`.
fn is_monotonous(key: &[u8]) -> bool {
    let distinct = (0..=u8::MAX).filter(|byte| key.contains(byte)).count();
    let repeats = |period: usize| key.iter().zip(key.iter().skip(period)).all(|(a, b)| a == b);
    let is_step = |(a, b): &(&u8, &u8)| a.abs_diff(**b) <= 1;
    let steps = key.iter().zip(key.iter().skip(1)).filter(is_step).count();
    distinct < MIN_DISTINCT || (1..=key.len() / 2).any(repeats) || 2 * steps > key.len()
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(..)"),
            Self::InFile(path) => f.debug_tuple("InFile").field(path).finish(),
        }
    }
}

impl SecretKey {
    pub(super) fn describe(&self, previous: Option<&SecretString>) -> Vec<(&'static str, String)> {
        let value = match self {
            Self::Given(_) => "(set, not shown)".to_owned(),
            Self::InFile(path) => format!("(kept in {})", path.display()),
        };
        let previous = previous.map_or("(none)", |_| "(set, not shown)").to_owned();
        vec![("SECRET_KEY", value), ("SECRET_KEY_PREVIOUS", previous)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_keys_are_strong_in_every_usual_encoding() {
        for key in [
            "Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aUe",
            "8f14e45fceea167a5a36dedd4bea2543",
            "90471362850917346285019273648510",
            "q!3v#x0z@m$k9^w&b*(n-_=+)j7c5r1t8y2d6f4g",
            "yS3gJ8k1Qm0aT5vXw9ZbN7cR2dFhL4pU6eKoViYxGtM=",
            "myapp-secret-key-Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aUe",
        ] {
            assert_eq!(weakness(key), None, "{key}");
        }
    }

    #[test]
    fn samples_are_known_however_they_are_lengthened() {
        for key in [
            "your-secret-key-here",
            "your_generated_secret_key_here",
            "clave_super_segura_cambia_esto",
            "changeme",
            "Change-Me-Change-Me-Change-Me-Change-Me",
            "django-insecure-8f14e45fceea167a5a36dedd4bea2543",
            "xxxxYour_Generated_Secret_Key_Herexxxx12345",
            "a-string-secret-at-least-256-bits-long",
            "your-256-bit-secret-your-256-bit-secret",
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
            "insert-your-random-string-here-12345",
            "please-set-me-to-something-random-123",
            "example-secret-value-1234567890abcd",
            "SECRET-SECRET-KEEP-IT-1234567890-ab",
            "thisisaverylongstringforjwtsigning",
        ] {
            assert_eq!(weakness(key), Some("is a sample that everybody knows"), "{key}");
        }
    }

    #[test]
    fn short_and_monotonous_keys_are_weak() {
        assert_eq!(weakness("Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aU"), Some("is shorter than 32 bytes"));
        for key in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababababababababababababab",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "k7Qx9vLmk7Qx9vLmk7Qx9vLmk7Qx9vLm",
        ] {
            assert!(weakness(key).is_some(), "{key}");
        }
    }
}
