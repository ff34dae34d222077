//! Revocations: the durable truth about tokens that no longer count (requirement T8).

use async_trait::async_trait;
use tessera_domain::{Revocation, RevokedKey, Timestamp};

use crate::Result;

/// Where revocations are kept: an append-only log that can be followed, and asked.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RevocationRepository: Send + Sync {
    /// Records revocations, all or nothing. Recording one again keeps the later `until`.
    async fn insert(&self, revocations: &[Revocation]) -> Result<()>;

    /// Whether any of `keys` is revoked at `now`.
    async fn is_revoked(&self, keys: &[RevokedKey], now: Timestamp) -> Result<bool>;

    /// The revocations recorded after `cursor` that still matter at `now`, at most `limit`, and where to go on.
    ///
    /// Whoever follows from [`RevocationCursor::START`] sees every one at least once: none is ever passed over because
    /// a later one became visible before it.
    async fn list_after(&self, cursor: RevocationCursor, now: Timestamp, limit: u32) -> Result<RevocationPage>;

    /// Forgets at most `limit` revocations that no longer matter at `now`. Returns how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32>;
}

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevocationCursor(i64);

impl RevocationCursor {
    /// Before the first.
    pub const START: Self = Self(0);

    /// After the entry with this number.
    pub const fn after(number: i64) -> Self {
        Self(number)
    }

    /// The number of the entry it stands after.
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// A stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPage {
    /// The revocations, in the order of the log.
    pub revocations: Vec<Revocation>,
    /// Where to go on.
    pub next: RevocationCursor,
    /// Whether the log went on when this was read.
    pub has_more: bool,
}
