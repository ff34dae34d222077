//! Keys for one purpose each, from the one secret of the installation.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::RateLimitSecret;
use zeroize::Zeroizing;

use super::token_keys::KeyError;

/// What a derived key is for. The names go into the derivation: a changed one makes another key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Encrypting private keys at rest.
    SealSigningKeys,
    /// Naming the shared secret that HS256 signs with.
    NameSharedSecret,
    /// Naming the counters of attempts.
    NameRateLimits,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::SealSigningKeys => b"tessera v1: seal signing keys with AES-256-GCM",
            Self::NameSharedSecret => b"tessera v1: kid of the HS256 secret",
            Self::NameRateLimits => b"tessera v1: keys of rate limits",
        }
    }
}

/// HKDF with SHA-256 (RFC 5869). `SECRET_KEY` is random by requirement (T9), so there is nothing for a salt to add
/// (section 3.1), and nothing to stretch.
pub(super) fn derive(secret_key: &SecretString, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let extracted = Salt::none(HKDF_SHA256).extract(secret_key.expose_secret().as_bytes());
    let mut key = Zeroizing::new([0; 32]);
    extracted.expand(&[purpose.info()], HKDF_SHA256)?.fill(key.as_mut_slice())?;
    Ok(key)
}

/// What the counters of attempts are named with: the same in every instance of an installation.
pub fn rate_limit_secret(secret_key: &SecretString) -> Result<RateLimitSecret, KeyError> {
    let derived = derive(secret_key, Purpose::NameRateLimits).map_err(|_| KeyError::Cryptography)?;
    Ok(RateLimitSecret::new(*derived))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_and_each_secret_has_a_key_of_its_own() {
        let key = |secret: &str, purpose| *derive(&secret.into(), purpose).expect("derived");
        let sealing = key("one", Purpose::SealSigningKeys);
        assert_eq!(sealing, key("one", Purpose::SealSigningKeys));
        assert_ne!(sealing, key("one", Purpose::NameSharedSecret));
        assert_ne!(sealing, key("one", Purpose::NameRateLimits));
        assert_ne!(sealing, key("two", Purpose::SealSigningKeys));
    }

    #[test]
    fn stays_as_it_is() {
        // Another result would make every key at rest unreadable. Computed with Python's hmac module.
        let key = derive(&"0123456789abcdef0123456789abcdef".into(), Purpose::SealSigningKeys).expect("derived");
        let expected = [
            0x41, 0x0d, 0x7e, 0xa0, 0x1b, 0x79, 0x3d, 0xf0, 0xd1, 0x58, 0x6e, 0xa0, 0x53, 0x26, 0xe6, 0x33, 0x28, 0x34,
            0xcd, 0xdc, 0x2e, 0x9c, 0x94, 0x28, 0x31, 0xee, 0x8c, 0xdb, 0x86, 0x67, 0x6f, 0x21,
        ];
        assert_eq!(*key, expected);
    }
}
