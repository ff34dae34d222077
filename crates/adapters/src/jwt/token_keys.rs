//! The keys of the installation, opened and put to use.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use tessera_domain::KeyId;
use tessera_services::ports::{PublicKey, PublicKeys, TokenSigner, TokenVerifier};

use super::derivation::{Purpose, derive};
use super::live_keys::LiveKeys;
use super::signer::Hs256Signer;
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

/// What signs tokens, what verifies them, and what others verify them with.
#[derive(Clone)]
pub struct TokenKeys {
    /// Signs.
    pub signer: Arc<dyn TokenSigner>,
    /// Verifies.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The public halves.
    pub published: Arc<dyn PublicKeys>,
}

impl TokenKeys {
    /// Tokens signed with ES256, by keys that take over from each other.
    pub fn es256(keys: &Arc<LiveKeys>) -> Self {
        Self { signer: keys.clone(), verifier: keys.clone(), published: keys.clone() }
    }

    /// Tokens of `issuer`, signed with HS256 under `secret_key` itself, for consumers that verify with a shared secret.
    /// Those that were signed under `previous`, which was the secret before, still verify.
    pub fn hs256(issuer: &str, secret_key: &SecretString, previous: Option<&SecretString>) -> Result<Self, KeyError> {
        let id = shared_secret_id(secret_key)?;
        let signer = Hs256Signer::new(issuer, &id, secret_key).map_err(|_| KeyError::Cryptography)?;
        let known = std::iter::once(secret_key).chain(previous);
        let known = known.map(|secret| Ok(VerificationKey::hs256(shared_secret_id(secret)?, secret)));
        let verifier = StrictVerifier::new(issuer, known.collect::<Result<Vec<_>, KeyError>>()?);
        Ok(Self { signer: Arc::new(signer), verifier: Arc::new(verifier), published: Arc::new(NothingToPublish) })
    }
}

/// A name that changes with the secret and says nothing about it. Whoever guesses secrets can check their guesses against
/// it, as they can against any token signed with the secret; against both, a random one of 32 bytes is safe.
fn shared_secret_id(secret_key: &SecretString) -> Result<KeyId, KeyError> {
    let derived = derive(secret_key, Purpose::NameSharedSecret).map_err(|_| KeyError::Cryptography)?;
    let (name, _) = derived.split_at(12);
    KeyId::parse(&URL_SAFE_NO_PAD.encode(name)).map_err(|_| KeyError::Cryptography)
}

struct NothingToPublish;

impl PublicKeys for NothingToPublish {
    fn published(&self) -> Vec<PublicKey> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tessera_domain::{Claims, Generation, SessionId, Subject, Timestamp, TokenId, TokenKind, TokenType, UserId};
    use tessera_services::ports::TokenRejected;

    use super::*;

    const ISSUER: &str = "https://id.example";
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

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

    fn hs256(secret: &str, previous: Option<&str>) -> TokenKeys {
        let previous = previous.map(SecretString::from);
        TokenKeys::hs256(ISSUER, &secret.into(), previous.as_ref()).expect("named")
    }

    #[test]
    fn a_shared_secret_signs_what_it_verifies_and_is_not_published() {
        let keys = hs256("a shared secret", None);
        for kind in [TokenKind::Access, TokenKind::Refresh(Generation::from_number(u32::MAX))] {
            let token = keys.signer.sign(&claims(kind)).expect("signed");
            assert_eq!(keys.verifier.verify(expose(&token), kind.token_type(), NOW), Ok(claims(kind)));
        }
        assert_eq!(keys.published.published(), []);
    }

    #[test]
    fn tokens_of_a_previous_secret_still_verify_and_are_signed_no_more() {
        let token = hs256("old", None).signer.sign(&claims(TokenKind::Access)).expect("signed");
        let verify =
            |keys: &TokenKeys, token: &SecretString| keys.verifier.verify(expose(token), TokenType::Access, NOW);
        assert_eq!(verify(&hs256("new", None), &token), Err(TokenRejected::UnknownKey));
        let both = hs256("new", Some("old"));
        assert!(verify(&both, &token).is_ok());
        let token = both.signer.sign(&claims(TokenKind::Access)).expect("signed");
        assert!(verify(&hs256("new", None), &token).is_ok());
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
