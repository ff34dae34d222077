//! The service of one-time tokens: its trait, and the parts its operations work with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::OneTimeSecret;
use tessera_repositories::OneTimeTokenRepository;

use super::{ConsumeOneTimeTokenError, CreateOneTimeTokenError, NewOneTimeToken};
use crate::ClientInfo;
use crate::limits::{Attempt, RateLimiter, guarded};
use crate::ports::{Clock, SecretSource};
use crate::tokens::Caller;

/// Tokens that prove something once, between two parties that both have an account here.
///
/// Both operations take a [`Caller`]: who has not proved to hold a live access token can neither make nor spend one.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenService: Send + Sync {
    /// Makes a token for the caller. Those made before stay good.
    async fn create(&self, caller: &Caller) -> Result<NewOneTimeToken, CreateOneTimeTokenError>;

    /// Spends a token, whoever's it is; `None` is a text that can be nobody's token. Of any number of simultaneous calls with one token, one succeeds (invariant I1).
    async fn consume(
        &self,
        caller: &Caller,
        secret: Option<OneTimeSecret>,
        client: &ClientInfo,
    ) -> Result<(), ConsumeOneTimeTokenError>;
}

/// The implementation of [`OneTimeTokenService`]. Each operation is in the file named after it.
pub struct OneTimeTokens {
    /// Where the digests are kept.
    pub tokens: Arc<dyn OneTimeTokenRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// How often somebody may be wrong about a token.
    pub limiter: Arc<dyn RateLimiter>,
    /// How long a token can be spent.
    pub lifetime: Duration,
}

#[async_trait]
impl OneTimeTokenService for OneTimeTokens {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn create(&self, caller: &Caller) -> Result<NewOneTimeToken, CreateOneTimeTokenError> {
        self.make(caller).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn consume(
        &self,
        caller: &Caller,
        secret: Option<OneTimeSecret>,
        client: &ClientInfo,
    ) -> Result<(), ConsumeOneTimeTokenError> {
        let is_wrong = |error: &ConsumeOneTimeTokenError| matches!(error, ConsumeOneTimeTokenError::Unusable);
        guarded(&*self.limiter, &Attempt::Token, client, self.spend(caller, secret.as_ref()), is_wrong).await
    }
}
