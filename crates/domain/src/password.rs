//! A password in clear, for as long as it takes to hash it, and the hash that is kept.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{Invalid, Result};

/// A password as it was typed: every byte of it counts, blanks and emoji too (requirement A3). It is wiped when
/// dropped and never printed.
#[derive(Clone)]
pub struct PlainPassword(SecretString);

impl PlainPassword {
    /// The longest accepted password, in bytes.
    pub const MAX_BYTES: usize = 1_024;

    /// Accepts any text that is not blank, holds no NUL, and has at most [`PlainPassword::MAX_BYTES`] bytes. Whether
    /// it is a *good* password is asked only where one is chosen: [`check_password`](crate::check_password).
    pub fn parse(text: impl Into<SecretString>) -> Result<Self> {
        let secret = text.into();
        let text = secret.expose_secret();
        if text.len() > Self::MAX_BYTES {
            return Err(Invalid::TooLong { max: Self::MAX_BYTES });
        }
        if text.trim().is_empty() {
            return Err(Invalid::Blank);
        }
        if text.contains('\0') {
            return Err(Invalid::ControlCharacter);
        }
        Ok(Self(secret))
    }

    /// The password itself: for a hasher, and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword(..)")
    }
}

/// An encoded password hash, algorithm and parameters included, as Django writes it (`bcrypt_sha256$$2b$12$...`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes over an encoded hash. It is not checked: a corrupt one is a failed login, not an error.
    pub fn from_encoded(encoded: impl Into<String>) -> Self {
        Self(encoded.into())
    }

    /// The encoded hash: for storage and for a hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String> {
        PlainPassword::parse(text).map(|p| p.expose().to_owned())
    }

    #[test]
    fn keeps_every_byte() {
        for text in [" two words ", "🔑🔑", "tab\there", &"x".repeat(1_024)] {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn refuses_blank_nul_and_enormous() {
        assert_eq!(parse("   "), Err(Invalid::Blank));
        assert_eq!(parse("a\0b"), Err(Invalid::ControlCharacter));
        assert_eq!(parse(&"x".repeat(1_025)), Err(Invalid::TooLong { max: 1_024 }));
    }

    #[test]
    fn shows_nothing() {
        let password = PlainPassword::parse("hunter2!").expect("valid");
        let hash = PasswordHash::from_encoded("$2b$12$secret");
        assert_eq!(format!("{password:?} {hash:?}"), "PlainPassword(..) PasswordHash(..)");
    }
}
