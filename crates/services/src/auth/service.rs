//! The service of accounts: its trait, and the parts its operations work with.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::User;
use tessera_repositories::UserRepository;

use super::{ListUsers, ListUsersError, ListVisibility, RegisterError, RegisterUser, RememberedUsers, UserListing};
use crate::activity::ActivityRecorder;
use crate::limits::RateLimiter;
use crate::mail::MailQueue;
use crate::ports::{Clock, PasswordHasher, SecretSource};

/// Accounts.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuthService: Send + Sync {
    /// Makes an account.
    async fn register(&self, command: RegisterUser) -> Result<User, RegisterError>;

    /// A page of the list of accounts, as far as its viewer may see it (requirement A7).
    async fn list_users(&self, query: ListUsers) -> Result<UserListing, ListUsersError>;
}

/// The implementation of [`AuthService`]. Each operation is in the file named after it.
pub struct Accounts {
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// The same, remembered.
    pub remembered: RememberedUsers,
    /// What hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How many accounts somebody may make.
    pub limiter: Arc<dyn RateLimiter>,
    /// Where mails are queued.
    pub mails: MailQueue,
    /// Where new accounts are noted for their owner.
    pub activity: Arc<dyn ActivityRecorder>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub secrets: Arc<dyn SecretSource>,
    /// Who may see the list of accounts.
    pub list_visibility: ListVisibility,
}

#[async_trait]
impl AuthService for Accounts {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn register(&self, command: RegisterUser) -> Result<User, RegisterError> {
        self.register_user(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn list_users(&self, query: ListUsers) -> Result<UserListing, ListUsersError> {
        self.list_page(query).await
    }
}
