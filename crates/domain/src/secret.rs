//! Secrets and their digests: two types, neither of which shows itself.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use crate::{Invalid, Result};

/// The SHA-256 digest of a secret: all that is ever stored of it. It compares in constant time.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest with these bytes, as storage keeps it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as storage keeps them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// The secret of a one-time token: 256 random bits (requirement T7). It is wiped when dropped.
pub struct OneTimeSecret([u8; 32]);

impl OneTimeSecret {
    /// From fresh random bytes.
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads the text that [`OneTimeSecret::reveal`] wrote. Anything else, a second spelling of the same
    /// bits included, is [`Invalid::Malformed`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(Invalid::Malformed),
        }
    }

    /// The text to hand to its owner, once: 43 characters of base64url.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store keeps.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl Drop for OneTimeSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nothing() {
        let secret = OneTimeSecret::new([7; 32]);
        assert_eq!(format!("{secret:?} {:?}", secret.digest()), "OneTimeSecret(..) Digest(..)");
    }

    #[test]
    fn has_one_spelling() {
        let text = OneTimeSecret::new([7; 32]).reveal();
        assert_eq!(OneTimeSecret::parse(&text).map(|s| s.digest()), Ok(Digest::of(&[7; 32])));
        // The last character carries two spare bits: `c` and `d` would decode to the same bytes.
        let respelled = format!("{}d", &text[..42]);
        for odd in [respelled, format!("{text}="), text[..42].to_owned(), format!("{text}AAAA"), String::new()] {
            assert!(OneTimeSecret::parse(&odd).is_err(), "{odd}");
        }
    }
}
