//! The activity log: what happened to an account, for its owner to read.

use async_trait::async_trait;
use tessera_domain::{Activity, ActivityId, Timestamp, UserId};

use crate::Result;

/// Where the activity log is kept. Entries are added and, when they are old, deleted; they are never changed. Nothing ties
/// an entry to the row of its account: one may be written when the account is gone already.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ActivityRepository: Send + Sync {
    /// Adds entries, all or nothing. One that is there already, by its id, is left as it is.
    async fn insert(&self, entries: &[Activity]) -> Result<()>;

    /// The entries of one account before `request.before`, newest first, at most `request.limit`.
    async fn list(&self, request: ActivityPageRequest) -> Result<ActivityPage>;

    /// Forgets at most `limit` entries from before `before`, the oldest first. Returns how many.
    async fn delete_older(&self, before: Timestamp, limit: u32) -> Result<u32>;
}

/// Which entries to list: a page that begins before a known one, so that entries which are added meanwhile neither repeat
/// nor hide others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityPageRequest {
    /// Whose.
    pub user_id: UserId,
    /// The last entry of the page before, if there was one.
    pub before: Option<ActivityId>,
    /// The most entries to return; at least 1.
    pub limit: u16,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPage {
    /// The entries, newest first.
    pub entries: Vec<Activity>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}
