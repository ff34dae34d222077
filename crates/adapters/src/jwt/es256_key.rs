//! ES256 keys: making them, naming them, and opening them again.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tessera_domain::{Algorithm, KeyId, SigningKey, Timestamp};
use tessera_services::ports::{KeyGenerator, SignError};

use super::sealing::KeySealer;
use super::token_keys::KeyError;

/// Makes ES256 keys, whose names are their thumbprints.
pub struct Es256KeyGenerator {
    sealer: Arc<KeySealer>,
}

impl Es256KeyGenerator {
    /// A generator whose keys `sealer` seals.
    pub fn new(sealer: Arc<KeySealer>) -> Self {
        Self { sealer }
    }
}

impl KeyGenerator for Es256KeyGenerator {
    fn generate(&self, now: Timestamp) -> Result<SigningKey, SignError> {
        let failed = || SignError("an ES256 key cannot be made");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| failed())?;
        let private = pair.to_pkcs8v1().map_err(|_| failed())?;
        let public = pair.public_key().as_ref().to_vec();
        let id = thumbprint(&public).ok_or_else(failed)?;
        let private = self.sealer.seal(&id, Algorithm::Es256, private.as_ref())?;
        Ok(SigningKey {
            id,
            algorithm: Algorithm::Es256,
            public,
            private,
            created_at: now,
            active_from: now,
            token_lifetime: Duration::ZERO,
            retired_at: None,
        })
    }
}

/// The key pair of a stored key. The stored public half has to be the one of the sealed private half: it is not
/// authenticated itself, and whoever could put in another would have us accept tokens that they signed.
pub(super) fn open(key: &SigningKey, sealer: &KeySealer) -> Result<EcdsaKeyPair, KeyError> {
    let damaged = || KeyError::Damaged(key.id.clone());
    if key.algorithm != Algorithm::Es256 {
        return Err(damaged());
    }
    let private = sealer.open(&key.id, key.algorithm, &key.private)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).map_err(|_| damaged())?;
    if pair.public_key().as_ref() == key.public { Ok(pair) } else { Err(damaged()) }
}

/// The JWK thumbprint (RFC 7638) of an uncompressed P-256 point: SHA-256 over the required members in alphabetical
/// order, without blanks.
fn thumbprint(point: &[u8]) -> Option<KeyId> {
    let (&form, coordinates) = point.split_first()?;
    let (x, y) = coordinates.split_at_checked(32)?;
    if form != 4 || y.len() != 32 {
        return None;
    }
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    KeyId::parse(&URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))).ok()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
    use tessera_domain::SealedKey;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn sealer(secret: &str) -> Arc<KeySealer> {
        Arc::new(KeySealer::new(&secret.into(), None).expect("derived"))
    }

    fn key() -> SigningKey {
        Es256KeyGenerator::new(sealer("one")).generate(NOW).expect("made")
    }

    #[test]
    fn makes_a_key_that_opens() {
        let key = key();
        assert_eq!((key.created_at, key.active_from, key.retired_at), (NOW, NOW, None));
        assert_eq!(key.public.len(), 65);
        assert!(open(&key, &sealer("one")).is_ok());
    }

    #[test]
    fn says_when_the_secret_is_another_one() {
        let key = key();
        let refused = open(&key, &sealer("two")).err();
        assert_eq!(refused, Some(KeyError::CannotOpen(key.id.clone())));
        let message = KeyError::CannotOpen(key.id.clone()).to_string();
        assert!(message.contains("SECRET_KEY") && message.contains(key.id.as_str()), "{message}");
    }

    #[test]
    fn refuses_a_foreign_public_half() {
        let (mut key, other) = (key(), key());
        key.public = other.public;
        assert_eq!(open(&key, &sealer("one")).err(), Some(KeyError::Damaged(key.id.clone())));
    }

    #[test]
    fn refuses_what_is_no_private_key() {
        let mut key = key();
        key.private = sealer("one").seal(&key.id, Algorithm::Es256, b"not PKCS#8").expect("sealed");
        assert_eq!(open(&key, &sealer("one")).err(), Some(KeyError::Damaged(key.id.clone())));
        key.private = SealedKey::from_bytes(Vec::new());
        assert_eq!(open(&key, &sealer("one")).err(), Some(KeyError::Damaged(key.id.clone())));
    }

    #[test]
    fn is_named_by_its_thumbprint() {
        let key = key();
        let [x, y] = [&key.public[1..33], &key.public[33..]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
        let jwk: Jwk = serde_json::from_str(&jwk).expect("a JWK");
        assert_eq!(key.id.as_str(), jwk.thumbprint(ThumbprintHash::SHA256).expect("computed"));
    }

    #[test]
    fn only_an_uncompressed_point_has_a_thumbprint() {
        let point = key().public;
        assert!(thumbprint(&point).is_some());
        for odd in [&point[..64], &point[1..], &[], &[4; 66], &[2; 33]] {
            assert_eq!(thumbprint(odd), None);
        }
    }
}
