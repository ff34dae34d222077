//! The keys of the installation, opened and put to use.

use std::sync::Arc;

use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use tessera_domain::{Algorithm, KeyId, KeyState, SigningKey, Timestamp};
use tessera_services::ports::{PublicKey, PublicKeys, TokenSigner, TokenVerifier};

use super::derivation::{Purpose, derive};
use super::es256_key;
use super::sealing::KeySealer;
use super::signer::{Es256Signer, Hs256Signer};
use super::verifier::{StrictVerifier, VerificationKey};

/// Why the installation cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing to sign with.
    #[error("there is no signing key")]
    Missing,
    /// The seal does not open.
    #[error("the signing key {0} cannot be opened: it was sealed under another SECRET_KEY, or altered since")]
    CannotOpen(KeyId),
    /// The seal opens, or is none, and what is there is not this key.
    #[error("the stored signing key {0} is damaged")]
    Damaged(KeyId),
    /// The cryptographic library refused to work.
    #[error("the cryptographic library failed")]
    Cryptography,
}

/// What signs tokens, what verifies them, and what others verify them with. The set is fixed: a changed key means
/// building another.
#[derive(Clone)]
pub struct TokenKeys {
    /// Signs with the newest key.
    pub signer: Arc<dyn TokenSigner>,
    /// Verifies against every key.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The public halves.
    pub published: Arc<dyn PublicKeys>,
}

impl TokenKeys {
    /// Tokens of `issuer`, signed with ES256. Every one of `keys` verifies; the one that became active last signs.
    pub fn es256(issuer: &str, keys: &[SigningKey], sealer: &KeySealer) -> Result<Self, KeyError> {
        let opened = keys.iter().map(|key| Ok((key, es256_key::open(key, sealer)?)));
        let opened = opened.collect::<Result<Vec<_>, KeyError>>()?;
        let published: Vec<PublicKey> = opened.iter().map(|(key, pair)| public_half(&key.id, pair)).collect();
        let verification_key = |key: &PublicKey| VerificationKey::es256(key.id.clone(), &key.point);
        let verifier = StrictVerifier::new(issuer, published.iter().map(verification_key));
        let (newest, pair) = opened.into_iter().max_by_key(|(key, _)| seniority(key)).ok_or(KeyError::Missing)?;
        let signer = Es256Signer::new(issuer, &newest.id, pair).map_err(|_| KeyError::Cryptography)?;
        Ok(Self { signer: Arc::new(signer), verifier: Arc::new(verifier), published: Arc::new(Published(published)) })
    }

    /// Tokens of `issuer`, signed with HS256 under `secret_key` itself, for consumers that verify with a shared secret.
    pub fn hs256(issuer: &str, secret_key: &SecretString) -> Result<Self, KeyError> {
        let id = shared_secret_id(secret_key)?;
        let signer = Hs256Signer::new(issuer, &id, secret_key).map_err(|_| KeyError::Cryptography)?;
        let verifier = StrictVerifier::new(issuer, [VerificationKey::hs256(id, secret_key)]);
        Ok(Self { signer: Arc::new(signer), verifier: Arc::new(verifier), published: Arc::new(Published(Vec::new())) })
    }
}

/// What decides which key signs. Instances that read the same keys choose the same one, also where two became active at
/// one moment.
fn seniority(key: &SigningKey) -> (Timestamp, String) {
    match key.state {
        KeyState::Active { since } => (since, key.id.as_str().to_owned()),
    }
}

/// What others may know, taken from the sealed half and not from what is stored beside it.
fn public_half(id: &KeyId, pair: &EcdsaKeyPair) -> PublicKey {
    PublicKey { id: id.clone(), algorithm: Algorithm::Es256, point: pair.public_key().as_ref().to_vec() }
}

/// A name that changes with the secret and says nothing about it. Whoever guesses secrets can check their guesses against
/// it, as they can against any token signed with the secret; against both, a random one of 32 bytes is safe.
fn shared_secret_id(secret_key: &SecretString) -> Result<KeyId, KeyError> {
    let derived = derive(secret_key, Purpose::NameSharedSecret).map_err(|_| KeyError::Cryptography)?;
    let (name, _) = derived.split_at(12);
    KeyId::parse(&URL_SAFE_NO_PAD.encode(name)).map_err(|_| KeyError::Cryptography)
}

struct Published(Vec<PublicKey>);

impl PublicKeys for Published {
    fn published(&self) -> Vec<PublicKey> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tessera_domain::{Claims, Generation, SessionId, Subject, TokenId, TokenKind, TokenType, UserId};
    use tessera_services::ports::{KeyGenerator as _, TokenRejected};

    use super::super::es256_key::Es256KeyGenerator;
    use super::*;

    const ISSUER: &str = "https://id.example";
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn sealer() -> Arc<KeySealer> {
        Arc::new(KeySealer::new(&"0123456789abcdef0123456789abcdef".into()).expect("derived"))
    }

    fn key(since: Timestamp) -> SigningKey {
        Es256KeyGenerator::new(sealer()).generate(since).expect("made")
    }

    fn claims(kind: TokenKind) -> Claims {
        Claims {
            subject: Subject::Account(UserId::from_bytes([7; 16])),
            token_id: TokenId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            kind,
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_mins(1)),
        }
    }

    #[test]
    fn signs_what_it_verifies() {
        let es256 = TokenKeys::es256(ISSUER, &[key(NOW)], &sealer()).expect("opened");
        let hs256 = TokenKeys::hs256(ISSUER, &"a shared secret".into()).expect("named");
        for keys in [es256, hs256] {
            for kind in [TokenKind::Access, TokenKind::Refresh(Generation::from_number(u32::MAX))] {
                let token = keys.signer.sign(&claims(kind)).expect("signed");
                let verified = keys.verifier.verify(expose(&token), kind.token_type(), NOW);
                assert_eq!(verified, Ok(claims(kind)));
            }
        }
    }

    #[test]
    fn the_newest_key_signs_and_the_older_ones_still_verify() {
        let (old, new) = (key(NOW), key(NOW.plus(Duration::from_secs(1))));
        let before = TokenKeys::es256(ISSUER, std::slice::from_ref(&old), &sealer()).expect("opened");
        let after = TokenKeys::es256(ISSUER, &[new.clone(), old], &sealer()).expect("opened");
        let old_token = before.signer.sign(&claims(TokenKind::Access)).expect("signed");
        let new_token = after.signer.sign(&claims(TokenKind::Access)).expect("signed");
        assert!(after.verifier.verify(expose(&old_token), TokenType::Access, NOW).is_ok());
        assert!(after.verifier.verify(expose(&new_token), TokenType::Access, NOW).is_ok());
        let unknown = before.verifier.verify(expose(&new_token), TokenType::Access, NOW);
        assert_eq!(unknown, Err(TokenRejected::Invalid));
    }

    #[test]
    fn publishes_public_keys_and_no_shared_secret() {
        let key = key(NOW);
        let es256 = TokenKeys::es256(ISSUER, std::slice::from_ref(&key), &sealer()).expect("opened");
        let published = PublicKey { id: key.id, algorithm: Algorithm::Es256, point: key.public };
        assert_eq!(es256.published.published(), [published]);
        let hs256 = TokenKeys::hs256(ISSUER, &"a shared secret".into()).expect("named");
        assert_eq!(hs256.published.published(), []);
    }

    #[test]
    fn does_without_no_key() {
        assert_eq!(TokenKeys::es256(ISSUER, &[], &sealer()).err(), Some(KeyError::Missing));
        let mut damaged = key(NOW);
        damaged.public.clear();
        let refused = TokenKeys::es256(ISSUER, &[key(NOW), damaged.clone()], &sealer()).err();
        assert_eq!(refused, Some(KeyError::Damaged(damaged.id)));
    }

    #[test]
    fn the_shared_secret_is_named_by_what_follows_from_it() {
        let name = |secret: &str| shared_secret_id(&secret.into()).expect("named");
        assert_eq!(name("one"), name("one"));
        assert_ne!(name("one"), name("two"));
        assert_eq!(name("one").as_str().len(), 16);
    }

    fn expose(token: &SecretString) -> &str {
        secrecy::ExposeSecret::expose_secret(token)
    }
}
