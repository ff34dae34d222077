//! The demonstration: names whose password is themselves in capitals. Its tokens open nothing.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::{CredentialVerifier, Flow, IssuancePolicy, Refusal, RequestTokenError, TokenIssuer};
use crate::ClientInfo;
use crate::auth::VerifyError;
use crate::limits::{Attempt, RateLimiter, guarded};
use crate::ports::Clock;

/// The flow of the demonstration.
#[derive(Debug)]
pub struct Demonstration;

impl Flow for Demonstration {
    type Request = DemonstrationRequest;
    type Principal = String;
    type Grant = DemonstrationToken;
}

/// A name and the password that goes with it.
#[derive(Debug, Clone)]
pub struct DemonstrationRequest {
    /// The name: any text.
    pub username: String,
    /// The password.
    pub password: SecretString,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// `{username}_{unix seconds}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemonstrationToken(pub String);

/// The password is the name in upper case, by the full mapping of Unicode (`ß` becomes `SS`).
pub struct UppercaseVerifier {
    /// How often somebody may be wrong.
    pub limiter: Arc<dyn RateLimiter>,
}

#[async_trait]
impl CredentialVerifier<Demonstration> for UppercaseVerifier {
    async fn verify(&self, request: &DemonstrationRequest) -> Result<String, VerifyError> {
        let comparison = async {
            if request.password.expose_secret() == request.username.to_uppercase() {
                Ok(request.username.clone())
            } else {
                Err(VerifyError::Wrong { owner: None })
            }
        };
        let attempt = Attempt::DemonstrationPassword(request.username.clone());
        let is_wrong = |error: &VerifyError| matches!(error, VerifyError::Wrong { .. });
        guarded(&*self.limiter, &attempt, &request.client, comparison, is_wrong).await
    }
}

/// Names that begin with a capital `A` are issued nothing.
#[derive(Debug)]
pub struct NoLeadingA;

impl IssuancePolicy<Demonstration> for NoLeadingA {
    fn permit(&self, principal: &String) -> Result<(), Refusal> {
        if principal.starts_with('A') { Err(Refusal::LeadingA) } else { Ok(()) }
    }
}

/// Issues the name and the time.
pub struct TimestampIssuer {
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl TokenIssuer<Demonstration> for TimestampIssuer {
    async fn issue(
        &self,
        _request: &DemonstrationRequest,
        principal: String,
    ) -> Result<DemonstrationToken, RequestTokenError> {
        Ok(DemonstrationToken(format!("{principal}_{}", self.clock.now().unix_seconds())))
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{ErrorKind, Timestamp};

    use super::*;
    use crate::limits::Unlimited;
    use crate::orchestrator::{Orchestrator, OrchestratorService as _};
    use crate::ports::MockClock;

    async fn request(username: &str, password: &str) -> Result<String, ErrorKind> {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(Timestamp::from_unix_seconds(1_714_200_000));
        let orchestrator = Orchestrator {
            verifier: Arc::new(UppercaseVerifier { limiter: Arc::new(Unlimited) }),
            policy: Arc::new(NoLeadingA),
            issuer: Arc::new(TimestampIssuer { clock: Arc::new(clock) }),
        };
        let request = DemonstrationRequest {
            username: username.to_owned(),
            password: password.into(),
            client: ClientInfo::default(),
        };
        orchestrator.request_token(request).await.map(|token| token.0).map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn keeps_the_readmes_rules() {
        assert_eq!(request("user123", "USER123").await, Ok("user123_1714200000".to_owned()));
        assert_eq!(request("straße", "STRASSE").await, Ok("straße_1714200000".to_owned()));
        assert_eq!(request("user123", "user123").await, Err(ErrorKind::Unauthenticated));
        assert_eq!(request("Anna", "ANNA").await, Err(ErrorKind::InvalidInput));
        assert_eq!(request("anna", "ANNA").await, Ok("anna_1714200000".to_owned()));
        // The credentials are checked first.
        assert_eq!(request("Anna", "wrong").await, Err(ErrorKind::Unauthenticated));
    }
}
