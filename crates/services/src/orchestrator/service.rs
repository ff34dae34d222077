//! The orchestrator and the three kinds of parts it is composed of.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::ErrorKind;

use crate::Outage;
use crate::auth::VerifyError;

/// A way from credentials to tokens: what comes in, who that turns out to be, what goes out.
pub trait Flow: Send + Sync + 'static {
    /// The credentials that are presented.
    type Request: Send + Sync;
    /// Whoever they belong to.
    type Principal: Send + Sync;
    /// What is issued.
    type Grant: Send;
}

/// Finds out who presents credentials.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CredentialVerifier<T: Flow>: Send + Sync {
    /// The principal that the credentials belong to.
    async fn verify(&self, request: &T::Request) -> Result<T::Principal, VerifyError>;
}

/// Decides whether somebody may be issued tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IssuancePolicy<T: Flow>: Send + Sync {
    /// Permits or refuses a principal whose credentials were right.
    fn permit(&self, principal: &T::Principal) -> Result<(), Refusal>;
}

/// Issues tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenIssuer<T: Flow>: Send + Sync {
    /// Issues to a principal that the policy permits.
    async fn issue(&self, request: &T::Request, principal: T::Principal) -> Result<T::Grant, RequestTokenError>;
}

/// The service that contracts call.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OrchestratorService<T: Flow>: Send + Sync {
    /// Turns credentials into tokens. The credentials are looked at first, so that nobody learns from the policy about
    /// an account that is not theirs.
    async fn request_token(&self, request: T::Request) -> Result<T::Grant, RequestTokenError>;
}

/// Right credentials, and still no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The account is disabled.
    #[error("the account is disabled")]
    Inactive,
    /// The demonstration's rule: no tokens for names that begin with `A`.
    #[error("the name begins with A")]
    LeadingA,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum RequestTokenError {
    /// The credentials are wrong; in which respect is not told.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The policy refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl RequestTokenError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            // To the outside a disabled account is one whose password is wrong (requirement A1).
            Self::WrongCredentials | Self::Refused(Refusal::Inactive) => ErrorKind::Unauthenticated,
            Self::Refused(Refusal::LeadingA) => ErrorKind::InvalidInput,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<VerifyError> for RequestTokenError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Wrong { .. } => Self::WrongCredentials,
            VerifyError::Outage(outage) => Self::Outage(outage),
        }
    }
}

/// The implementation of [`OrchestratorService`], composed of its parts.
pub struct Orchestrator<T> {
    /// Finds out who it is.
    pub verifier: Arc<dyn CredentialVerifier<T>>,
    /// Decides.
    pub policy: Arc<dyn IssuancePolicy<T>>,
    /// Issues.
    pub issuer: Arc<dyn TokenIssuer<T>>,
}

#[async_trait]
impl<T: Flow> OrchestratorService<T> for Orchestrator<T> {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn request_token(&self, request: T::Request) -> Result<T::Grant, RequestTokenError> {
        let principal = self.verifier.verify(&request).await?;
        self.policy.permit(&principal)?;
        self.issuer.issue(&request, principal).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers;

    impl Flow for Numbers {
        type Request = u8;
        type Principal = u16;
        type Grant = u32;
    }

    fn orchestrator(
        verifier: MockCredentialVerifier<Numbers>,
        policy: MockIssuancePolicy<Numbers>,
        issuer: MockTokenIssuer<Numbers>,
    ) -> Orchestrator<Numbers> {
        Orchestrator { verifier: Arc::new(verifier), policy: Arc::new(policy), issuer: Arc::new(issuer) }
    }

    fn verifies() -> MockCredentialVerifier<Numbers> {
        let mut verifier = MockCredentialVerifier::new();
        verifier.expect_verify().returning(|request| Ok(u16::from(*request) * 10));
        verifier
    }

    #[tokio::test]
    async fn verifies_then_asks_then_issues() {
        let (mut policy, mut issuer) = (MockIssuancePolicy::new(), MockTokenIssuer::new());
        policy.expect_permit().withf(|principal| *principal == 70).times(1).returning(|_| Ok(()));
        issuer.expect_issue().times(1).returning(|_, principal| Ok(u32::from(principal) + 1));
        let grant = orchestrator(verifies(), policy, issuer).request_token(7).await;
        assert_eq!(grant.expect("issued"), 71);
    }

    #[tokio::test]
    async fn a_policy_that_refuses_issues_nothing() {
        let (mut policy, mut issuer) = (MockIssuancePolicy::new(), MockTokenIssuer::new());
        policy.expect_permit().returning(|_| Err(Refusal::LeadingA));
        issuer.expect_issue().never();
        let error = orchestrator(verifies(), policy, issuer).request_token(7).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    #[tokio::test]
    async fn wrong_credentials_never_reach_the_policy() {
        let (mut policy, mut issuer) = (MockIssuancePolicy::new(), MockTokenIssuer::new());
        policy.expect_permit().never();
        issuer.expect_issue().never();
        let mut verifier = MockCredentialVerifier::new();
        verifier.expect_verify().returning(|_| Err(VerifyError::Wrong { owner: None }));
        let error = orchestrator(verifier, policy, issuer).request_token(7).await.expect_err("wrong");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
