//! Waking the sender.

use tokio::sync::Notify;

/// Rung by whoever has queued a mail, so that it is sent at once. A mail that nobody rang for is found a few seconds
/// later: another process may have queued it.
#[derive(Debug, Default)]
pub struct MailBell(Notify);

impl MailBell {
    /// A mail was queued. It never waits, and ringing for nothing does no harm.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody rings, or has rung since the last time.
    pub(super) async fn rung(&self) {
        self.0.notified().await;
    }
}
