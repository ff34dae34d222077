//! News of revocations: sooner than the log is read again.

use async_trait::async_trait;
use tessera_domain::{Revocation, Timestamp};

use crate::Result;

/// Passes revocations on between the processes that share a log. It may lose any of them, since the log is the truth
/// (requirement T8), and whoever listens follows that too.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RevocationNotices: Send + Sync {
    /// Waits until somebody, perhaps this process itself, says what has just been recorded. It may wait for ever.
    async fn next(&self) -> Vec<Revocation>;

    /// Brings whatever copy there is of the log up to date with it, as far as it still matters at `now`.
    async fn catch_up(&self, now: Timestamp) -> Result<()>;
}
