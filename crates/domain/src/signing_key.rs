//! Signing keys as they are kept (requirement T9).

use std::fmt;
use std::time::Duration;

use crate::{Invalid, Result, Timestamp};

/// The name of a key (`kid`, RFC 7517, section 4.5): opaque, 1 to 64 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Parses a key id.
    pub fn parse(text: &str) -> Result<Self> {
        let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match text.len() {
            0 => Err(Invalid::Blank),
            1..=64 if text.chars().all(is_base64url) => Ok(Self(text.to_owned())),
            1..=64 => Err(Invalid::Malformed),
            _ => Err(Invalid::TooLong { max: 64 }),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key signs with. It belongs to the key; a token's header has no say in it (RFC 8725, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256: anybody can verify with the public key.
    Es256,
    /// HMAC with SHA-256: who can verify can also sign.
    Hs256,
}

impl Algorithm {
    /// Its name on the wire and in storage (RFC 7518, section 3.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm with this name, in exactly this spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Es256, Self::Hs256].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A private key, encrypted under a key that the storage does not hold.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(Vec<u8>);

impl SealedKey {
    /// Takes over sealed bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The sealed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedKey(..)")
    }
}

/// A signing key as storage keeps it. Its state is not kept: it follows from these times and the clock, see
/// [`KeySchedule`](crate::KeySchedule).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name.
    pub id: KeyId,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The public half: for ES256 the uncompressed point (SEC 1, section 2.3.3), 65 bytes.
    pub public: Vec<u8>,
    /// The private half, sealed.
    pub private: SealedKey,
    /// When it was made. It is published from then on.
    pub created_at: Timestamp,
    /// From when on it signs, in the place of the one before it.
    pub active_from: Timestamp,
    /// The longest that a token signed with it may live.
    pub token_lifetime: Duration,
    /// When it was retired ahead of its time, if it was.
    pub retired_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_a_name_and_nothing_else() {
        for trick in ["", "../../dev/null", "a b", "key'; DROP TABLE users; --", "http://x", "a\0", "é"] {
            assert!(KeyId::parse(trick).is_err(), "{trick}");
        }
        assert!(KeyId::parse(&"a".repeat(65)).is_err());
        assert!(KeyId::parse("Zm9vYmFy-_1").is_ok());
    }

    #[test]
    fn an_algorithm_has_one_spelling() {
        assert_eq!(Algorithm::from_name("ES256"), Some(Algorithm::Es256));
        for odd in ["es256", "none", "None", "ES256 ", "RS256", ""] {
            assert_eq!(Algorithm::from_name(odd), None, "{odd}");
        }
    }
}
