//! Deleting one's own account, with everything that belongs to it.

use tessera_domain::{ErrorKind, Identifier, OneTimePurpose, PlainPassword, UserId, last_expiry};
use tessera_repositories::{AccountDeletion, DeletionOutcome};

use super::OwnAccounts;
use crate::auth::VerifyError;
use crate::tokens::Caller;
use crate::{ClientInfo, Outage};

/// The deletion of an account.
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// Whose.
    pub caller: Caller,
    /// The password: a stolen token alone deletes nothing.
    pub current_password: PlainPassword,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// Why the account is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAccountError {
    /// What was given as the password is not the current one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Nobody would be left who may do everything.
    #[error("it is the last superuser")]
    LastSuperuser,
    /// The account is gone or disabled, or its password was changed while this one was verified.
    #[error("the account is not the caller's any longer")]
    Gone,
    /// Something else did not work. Whether the account was deleted is then not known.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl DeleteAccountError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::WrongPassword => ErrorKind::InvalidInput,
            Self::LastSuperuser => ErrorKind::Forbidden,
            Self::Gone => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<VerifyError> for DeleteAccountError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Wrong { .. } => Self::WrongPassword,
            VerifyError::Outage(outage) => Self::Outage(outage),
        }
    }
}

impl OwnAccounts {
    pub(super) async fn delete_own(&self, command: DeleteAccount) -> Result<(), DeleteAccountError> {
        let DeleteAccount { caller: Caller { user_id, .. }, current_password, client } = command;
        let verified = self.passwords.verify(Some(&Identifier::Id(user_id)), &current_password, &client).await?;
        if !verified.user.is_active {
            return Err(DeleteAccountError::Gone);
        }
        // What was noted of the account is to be there, so that it goes.
        self.activity.settle().await;
        let at = self.clock.now();
        let revoke_until = last_expiry(at, self.tokens.access_lifetime());
        let deletion = AccountDeletion { user_id, version: verified.version, at, revoke_until };
        match self.changes.delete(&deletion).await.map_err(Outage::from)? {
            DeletionOutcome::Deleted { user, ended } => {
                self.forget_sessions(ended, revoke_until);
                self.remembered.forget_before(&user).await;
                self.forget_one_time_tokens(user_id).await;
                tracing::info!(target: "audit", event = "account_deleted", %user_id);
                Ok(())
            }
            DeletionOutcome::LastSuperuser => Err(DeleteAccountError::LastSuperuser),
            DeletionOutcome::Superseded => Err(DeleteAccountError::Gone),
        }
    }

    /// Where they are kept elsewhere than the account. They live for seconds: if it cannot be done now, it soon need not be.
    async fn forget_one_time_tokens(&self, user_id: UserId) {
        if let Err(error) = self.one_time_tokens.delete_for(user_id, &[OneTimePurpose::OneTime]).await {
            tracing::warn!(%user_id, %error, "one-time tokens of a deleted account are left to expire");
        }
    }
}
