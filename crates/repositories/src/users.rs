//! Accounts and the hashes of their passwords.

use std::net::IpAddr;

use async_trait::async_trait;
use tessera_domain::{Credentials, Identifier, NewUser, PasswordHash, Timestamp, User, UserId};

use crate::Result;

/// Where accounts are kept.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds an account, unless its address or username belongs to another one, which is then left as it is. Of any
    /// number of simultaneous calls with one address or username, one inserts.
    async fn insert(&self, new: &NewUser) -> Result<InsertOutcome>;

    /// The account with this id.
    async fn find(&self, id: UserId) -> Result<Option<User>>;

    /// The account with this id, address or username, with what a password is verified against. Inactive accounts are
    /// found too: who may log in is not decided here.
    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>>;

    /// Replaces the hash of an unchanged password by a better one, if it still is `expected`. It ends no session and
    /// changes no version. `false` if the hash is another by now, or the account is gone.
    async fn upgrade_hash(&self, id: UserId, expected: &PasswordHash, better: &PasswordHash) -> Result<bool>;

    /// Notes a login: when, and from which address; `updated_at` advances to `at`. An account that is gone is left
    /// alone.
    async fn record_login(&self, id: UserId, at: Timestamp, ip: Option<IpAddr>) -> Result<()>;

    /// The accounts after `request.after`, oldest id first, at most `request.limit`.
    async fn list(&self, request: UserPageRequest) -> Result<UserPage>;
}

/// What became of an insertion.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// The account exists now.
    Inserted,
    /// Nothing was changed: at least one of the two is taken.
    Taken {
        /// Whether the address is.
        email: bool,
        /// Whether the username is.
        username: bool,
    },
}

/// Which accounts to list: a page that begins after a known id, so that accounts which are added or removed meanwhile
/// neither repeat nor hide others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserPageRequest {
    /// The last id of the page before, if there was one.
    pub after: Option<UserId>,
    /// The most accounts to return; at least 1.
    pub limit: u16,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The accounts, oldest id first.
    pub users: Vec<User>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}
