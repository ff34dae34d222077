//! What tokens are signed and verified with.

use std::sync::Arc;

use secrecy::SecretString;
use tessera_domain::{Claims, Timestamp, TokenType};

use super::KeyRing;
use crate::Outage;
use crate::ports::{SignError, TokenRejected, TokenSigner, TokenVerifier};

/// Signs and verifies tokens with keys that are known to be the present ones.
#[derive(Clone)]
pub struct KeysInUse {
    signer: Arc<dyn TokenSigner>,
    verifier: Arc<dyn TokenVerifier>,
    ring: Option<Arc<KeyRing>>,
}

impl KeysInUse {
    /// Keys that never change while the process lives.
    pub fn fixed(signer: Arc<dyn TokenSigner>, verifier: Arc<dyn TokenVerifier>) -> Self {
        Self { signer, verifier, ring: None }
    }

    /// Keys that are what `ring` knows.
    pub fn following(ring: Arc<KeyRing>, signer: Arc<dyn TokenSigner>, verifier: Arc<dyn TokenVerifier>) -> Self {
        Self { signer, verifier, ring: Some(ring) }
    }

    /// What [`TokenVerifier::verify`] says of a token. An outage means that it is not known which keys count.
    pub async fn verify(
        &self,
        token: &str,
        expected: TokenType,
        now: Timestamp,
    ) -> Result<Result<Claims, TokenRejected>, Outage> {
        self.catch_up(now).await?;
        let verified = self.verifier.verify(token, expected, now);
        match (&verified, &self.ring) {
            (Err(TokenRejected::UnknownKey), Some(ring)) => {
                ring.look_again().await?;
                Ok(self.verifier.verify(token, expected, now))
            }
            _ => Ok(verified),
        }
    }

    /// Makes sure that the keys are the present ones. Who signs does so first, unless a token was just verified.
    pub async fn catch_up(&self, now: Timestamp) -> Result<(), Outage> {
        match &self.ring {
            Some(ring) => ring.catch_up(now).await,
            None => Ok(()),
        }
    }

    /// What [`TokenSigner::sign`] makes.
    pub fn sign(&self, claims: &Claims) -> Result<SecretString, SignError> {
        self.signer.sign(claims)
    }
}

#[cfg(test)]
mod tests {
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{Hand, key, ring};
    use super::*;
    use crate::fixtures::{NOW, away};
    use crate::ports::{MockKeyHolder, MockTokenSigner, MockTokenVerifier};

    fn keys(stored: MockSigningKeyRepository, verifier: MockTokenVerifier) -> KeysInUse {
        let ring = ring(stored, MockKeyHolder::new(), Hand::at(NOW));
        KeysInUse::following(Arc::new(ring), Arc::new(MockTokenSigner::new()), Arc::new(verifier))
    }

    fn rejects(times: usize, rejected: TokenRejected) -> MockTokenVerifier {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().times(times).returning(move |_, _, _| Err(rejected));
        verifier
    }

    #[tokio::test]
    async fn a_token_of_an_unknown_key_is_verified_again_when_the_keys_have_been_read() {
        let mut stored = MockSigningKeyRepository::new();
        stored.expect_list().times(1).returning(|_| Ok(vec![key("a", NOW)]));
        let keys = keys(stored, rejects(2, TokenRejected::UnknownKey));
        let verified = keys.verify("forged", TokenType::Access, NOW).await.expect("known");
        assert_eq!(verified, Err(TokenRejected::UnknownKey));
    }

    #[tokio::test]
    async fn any_other_token_asks_nobody() {
        for rejected in [TokenRejected::Invalid, TokenRejected::Expired, TokenRejected::WrongType] {
            let keys = keys(MockSigningKeyRepository::new(), rejects(1, rejected));
            let verified = keys.verify("a token", TokenType::Access, NOW).await.expect("known");
            assert_eq!(verified, Err(rejected));
        }
    }

    #[tokio::test]
    async fn a_token_of_a_key_that_cannot_be_looked_up_is_not_refused() {
        let mut stored = MockSigningKeyRepository::new();
        stored.expect_list().times(1).returning(|_| Err(away()));
        let keys = keys(stored, rejects(1, TokenRejected::UnknownKey));
        assert!(keys.verify("a token", TokenType::Access, NOW).await.is_err());
    }
}
