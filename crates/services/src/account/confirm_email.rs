//! Confirming that an address belongs to its account.

use tessera_domain::{ActivityEvent, ErrorKind, OneTimeSecret};

use super::OwnAccounts;
use crate::limits::{Attempt, guarded};
use crate::{ClientInfo, Outage};

/// The secret of the link that was mailed to the address.
#[derive(Debug)]
pub struct ConfirmEmail {
    /// The secret; none if what was given can be no link's.
    pub secret: Option<OneTimeSecret>,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// Why nothing was confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmEmailError {
    /// The link was used, has expired, was replaced by a newer one or never was; which of them is not told.
    #[error("is not a link that could be used")]
    InvalidLink,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ConfirmEmailError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidLink => ErrorKind::InvalidInput,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl OwnAccounts {
    pub(super) async fn confirm(&self, command: ConfirmEmail) -> Result<(), ConfirmEmailError> {
        let client = command.client.clone();
        let is_wrong = |error: &ConfirmEmailError| matches!(error, ConfirmEmailError::InvalidLink);
        guarded(&*self.limiter, &Attempt::Token, &client, self.spend_confirmation(command), is_wrong).await
    }

    async fn spend_confirmation(&self, command: ConfirmEmail) -> Result<(), ConfirmEmailError> {
        let link = command.secret.ok_or(ConfirmEmailError::InvalidLink)?.digest();
        let confirmed = self.changes.confirm_email(&link, self.clock.now()).await.map_err(Outage::from)?;
        let user = confirmed.ok_or(ConfirmEmailError::InvalidLink)?;
        self.remembered.forget_before(&user).await;
        self.activity.record(user.id, ActivityEvent::EmailConfirmed, &command.client);
        tracing::info!(target: "audit", event = "email_confirmed", user_id = %user.id);
        Ok(())
    }
}
