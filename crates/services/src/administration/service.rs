//! The service of administration: its trait, and the parts its operations work with.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{ErrorKind, User, UserId};
use tessera_repositories::UserRepository;

use super::{AccountPage, Activation, ListAccounts};
use crate::Outage;
use crate::auth::RememberedUsers;
use crate::tokens::Caller;

/// Administration of accounts, by staff.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AdministrationService: Send + Sync {
    /// A page of accounts, or the one account with a name.
    async fn list_accounts(&self, query: ListAccounts) -> Result<AccountPage, AdministrationError>;

    /// Lets an account in, or shuts it out and ends everything it is logged in to (requirement T6). Nobody shuts out
    /// themselves, and only a superuser decides about staff. Returns the account as it is now.
    async fn set_active(&self, caller: &Caller, id: UserId, active: bool) -> Result<User, AdministrationError>;
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// The caller is not staff, or not enough of it.
    #[error("this is for staff")]
    Forbidden,
    /// The caller is the account in question.
    #[error("nobody shuts out themselves")]
    Yourself,
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl AdministrationError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Yourself => ErrorKind::Conflict,
            Self::Unknown => ErrorKind::NotFound,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

/// The implementation of [`AdministrationService`]. Each operation is in the file named after it.
pub struct Administration {
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// The same, remembered.
    pub remembered: RememberedUsers,
    /// What shuts accounts out.
    pub activation: Activation,
}

#[async_trait]
impl AdministrationService for Administration {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn list_accounts(&self, query: ListAccounts) -> Result<AccountPage, AdministrationError> {
        self.page(query).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn set_active(&self, caller: &Caller, id: UserId, active: bool) -> Result<User, AdministrationError> {
        self.decide(caller, id, active).await
    }
}

impl Administration {
    /// The caller's account, read anew, if it is active and of staff.
    pub(super) async fn staff(&self, caller: &Caller) -> Result<User, AdministrationError> {
        let user = self.users.find(caller.user_id).await.map_err(Outage::from)?;
        user.filter(|user| user.is_active && user.is_staff).ok_or(AdministrationError::Forbidden)
    }
}
