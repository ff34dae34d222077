//! A cache of accounts by id, in front of the [`UserRepository`](crate::UserRepository).

use async_trait::async_trait;
use tessera_domain::{Timestamp, User, UserId};

use crate::Result;

/// A bounded cache of accounts. It may forget at any time; what it returns is never older than what it was last told.
///
/// Versions are [`User::updated_at`]. A reader that read a row before a change, and puts it after the change was
/// announced by [`UserCache::evict`], does not bring the old row back.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserCache: Send + Sync {
    /// The account, if it is here and its time is not over at `now`.
    async fn find(&self, id: UserId, now: Timestamp) -> Result<Option<User>>;

    /// Keeps an account until `until`, unless a newer version of it was put or evicted.
    async fn put(&self, user: &User, until: Timestamp) -> Result<()>;

    /// Forgets every version of an account before `version`, and refuses to take one again at least until `until`.
    async fn evict(&self, id: UserId, version: Timestamp, until: Timestamp) -> Result<()>;
}
