//! Spending a one-time token.

use tessera_domain::{ErrorKind, OneTimePurpose, OneTimeSecret, OneTimeToken};

use super::OneTimeTokens;
use crate::Outage;
use crate::tokens::Caller;

/// Why nothing was spent.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeOneTimeTokenError {
    /// There is no such token: it was spent, it has expired, or it never was; which of them is not told.
    #[error("is not a one-time token that could be spent")]
    Unusable,
    /// Something else did not work. Whether the token was spent is then not known: its answer may have got lost after
    /// the commit, and it is never handed out a second time.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ConsumeOneTimeTokenError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unusable => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl OneTimeTokens {
    pub(super) async fn spend(
        &self,
        caller: &Caller,
        secret: Option<&OneTimeSecret>,
    ) -> Result<(), ConsumeOneTimeTokenError> {
        let user_id = caller.user_id;
        let Some(token) = self.take(secret).await? else {
            tracing::info!(target: "audit", event = "one_time_token_refused", %user_id);
            return Err(ConsumeOneTimeTokenError::Unusable);
        };
        tracing::info!(target: "audit", event = "one_time_token_consumed", %user_id, owner = %token.user_id);
        Ok(())
    }

    async fn take(&self, secret: Option<&OneTimeSecret>) -> Result<Option<OneTimeToken>, Outage> {
        match secret {
            Some(secret) => {
                Ok(self.tokens.consume(&secret.digest(), OneTimePurpose::OneTime, self.clock.now()).await?)
            }
            None => Ok(None),
        }
    }
}
