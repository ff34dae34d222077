//! Noting what happens to accounts.

use async_trait::async_trait;
use tessera_domain::{ActivityEvent, UserId};

use crate::ClientInfo;

/// Notes what happens to accounts.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ActivityRecorder: Send + Sync {
    /// Notes an event that happened just now. It never waits and never fails: an entry for which there is no room is
    /// dropped and counted.
    fn record(&self, user_id: UserId, event: ActivityEvent, client: &ClientInfo);

    /// Waits until everything that was noted before is written, so that whoever has just done something finds it in the
    /// log. It waits for a moment at most: a log that is behind is not worth a request.
    async fn settle(&self);
}
