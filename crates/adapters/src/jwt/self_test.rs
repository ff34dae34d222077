//! One signature and one verification at start.
//!
//! Signing and verifying go through different libraries, and one of them panics at its first use if it was built
//! without a cryptographic provider. Better at start than at the first login.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use tessera_domain::{Claims, ExternalId, SessionId, Subject, Timestamp, TokenId, TokenKind, TokenType};

use super::token_keys::TokenKeys;

/// The cryptography of this build does not work as it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SelfTestError {
    /// A token could not be signed.
    #[error("the self-test could not sign a token")]
    NotSigned,
    /// A token just signed was refused, or said something else.
    #[error("the self-test could not verify the token that it signed")]
    NotVerified,
    /// A token with a foreign signature was accepted.
    #[error("the self-test had a forged token accepted")]
    ForgeryAccepted,
}

impl TokenKeys {
    /// Signs a token, verifies it, and sees one with the signature of another refused.
    pub fn self_test(&self, now: Timestamp) -> Result<(), SelfTestError> {
        let (first, second) = (sample(now, 1), sample(now, 2));
        let sign = |claims| self.signer.sign(claims).map_err(|_| SelfTestError::NotSigned);
        let (token, other) = (sign(&first)?, sign(&second)?);
        let verify = |token: &str| self.verifier.verify(token, TokenType::Access, now);
        if verify(token.expose_secret()).as_ref() != Ok(&first) {
            return Err(SelfTestError::NotVerified);
        }
        let forged = with_signature_of(token.expose_secret(), other.expose_secret());
        if forged.is_none_or(|forged| verify(&forged).is_ok()) {
            return Err(SelfTestError::ForgeryAccepted);
        }
        Ok(())
    }
}

/// Claims of nobody, in a session that does not exist: the token would open nothing, and it is forgotten at once.
fn sample(now: Timestamp, number: i64) -> Claims {
    let now = now.whole_seconds();
    Claims {
        subject: Subject::External(ExternalId::Number(number)),
        token_id: TokenId::from_bytes([0; 16]),
        session_id: SessionId::from_bytes([0; 16]),
        kind: TokenKind::Access,
        issued_at: now,
        expires_at: now.plus(Duration::from_secs(1)),
    }
}

fn with_signature_of(token: &str, other: &str) -> Option<String> {
    let (signed, _) = token.rsplit_once('.')?;
    let (_, signature) = other.rsplit_once('.')?;
    Some(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tessera_services::ports::{MockTokenSigner, MockTokenVerifier, SignError, TokenRejected};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_micros(1_700_000_000_999_999);

    fn keys() -> TokenKeys {
        TokenKeys::hs256("https://id.example", &"a shared secret".into(), None).expect("named")
    }

    #[test]
    fn passes() {
        assert_eq!(keys().self_test(NOW), Ok(()));
    }

    #[test]
    fn notices_a_signer_that_fails() {
        let mut signer = MockTokenSigner::new();
        signer.expect_sign().returning(|_| Err(SignError("broken")));
        let keys = TokenKeys { signer: Arc::new(signer), ..keys() };
        assert_eq!(keys.self_test(NOW), Err(SelfTestError::NotSigned));
    }

    #[test]
    fn notices_a_verifier_that_refuses_everything() {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().returning(|_, _, _| Err(TokenRejected::Invalid));
        let keys = TokenKeys { verifier: Arc::new(verifier), ..keys() };
        assert_eq!(keys.self_test(NOW), Err(SelfTestError::NotVerified));
    }

    #[test]
    fn notices_a_verifier_that_accepts_everything() {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().returning(|_, _, now| Ok(sample(now, 1)));
        let keys = TokenKeys { verifier: Arc::new(verifier), ..keys() };
        assert_eq!(keys.self_test(NOW), Err(SelfTestError::ForgeryAccepted));
    }
}
