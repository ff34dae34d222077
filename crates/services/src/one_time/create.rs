//! Making a one-time token.

use std::time::Duration;

use tessera_domain::{OneTimePurpose, OneTimeSecret, OneTimeToken};
use tessera_repositories::Earlier;

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

impl OneTimeTokens {
    pub(super) async fn make(&self, caller: &Caller) -> Result<NewOneTimeToken, Outage> {
        let secret = OneTimeSecret::new(random(&*self.secrets));
        let token = OneTimeToken {
            digest: secret.digest(),
            purpose: OneTimePurpose::OneTime,
            user_id: caller.user_id,
            expires_at: self.clock.now().plus(self.lifetime),
        };
        self.tokens.insert(&token, Earlier::Keep).await?;
        tracing::info!(target: "audit", event = "one_time_token_created", user_id = %caller.user_id);
        Ok(NewOneTimeToken { secret, lifetime: self.lifetime })
    }
}
