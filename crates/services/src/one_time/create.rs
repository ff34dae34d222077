//! Making a one-time token.

use std::time::Duration;

use tessera_domain::{ErrorKind, OneTimePurpose, OneTimeSecret, OneTimeToken};
use tessera_repositories::{Earlier, KeepOutcome};

use super::OneTimeTokens;
use crate::Outage;
use crate::ports::random;
use crate::tokens::Caller;

/// A token that has just been made.
#[derive(Debug)]
pub struct NewOneTimeToken {
    /// Its secret: shown to its owner now, and known to nobody afterwards.
    pub secret: OneTimeSecret,
    /// How long it can be spent.
    pub lifetime: Duration,
}

/// Why there is no new token.
#[derive(Debug, thiserror::Error)]
pub enum CreateOneTimeTokenError {
    /// The account was deleted or disabled since the caller proved to be its owner.
    #[error("the caller's account is gone or disabled")]
    Gone,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl CreateOneTimeTokenError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Gone => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl OneTimeTokens {
    pub(super) async fn make(&self, caller: &Caller) -> Result<NewOneTimeToken, CreateOneTimeTokenError> {
        let secret = OneTimeSecret::new(random(&*self.secrets));
        let token = OneTimeToken {
            digest: secret.digest(),
            purpose: OneTimePurpose::OneTime,
            user_id: caller.user_id,
            expires_at: self.clock.now().plus(self.lifetime),
        };
        match self.tokens.insert(&token, Earlier::Keep).await.map_err(Outage::from)? {
            KeepOutcome::Kept => {}
            KeepOutcome::NoAccount => return Err(CreateOneTimeTokenError::Gone),
        }
        tracing::info!(target: "audit", event = "one_time_token_created", user_id = %caller.user_id);
        Ok(NewOneTimeToken { secret, lifetime: self.lifetime })
    }
}
