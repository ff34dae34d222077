//! Waking the sender.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// How much later [`MailBell::ring_soon`] is heard.
const SOON: Duration = Duration::from_secs(1);

/// Rung by whoever has queued a mail, so that it is sent without delay. A mail that nobody rang for is found a few seconds
/// later: another process may have queued it.
#[derive(Debug, Default)]
pub struct MailBell {
    now: Notify,
    soon: Notify,
}

impl MailBell {
    /// A mail was queued. It never waits, and ringing for nothing does no harm.
    pub fn ring(&self) {
        self.now.notify_one();
    }

    /// A mail was queued whose sending nobody is to feel. A mail to an account is more work than one to nobody: done at
    /// once, it would be in the way of the next request of whoever asked, and tell by its time what no answer says.
    pub fn ring_soon(&self) {
        self.soon.notify_one();
    }

    /// Waits until somebody rings, or has rung since the last time.
    pub(super) async fn rung(&self) {
        let soon = async {
            self.soon.notified().await;
            sleep(SOON).await;
        };
        tokio::select! {
            () = self.now.notified() => {}
            () = soon => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_rung_for_soon_is_not_heard_at_once() {
        let bell = MailBell::default();
        bell.ring_soon();
        let rung_at = Instant::now();
        bell.rung().await;
        assert_eq!(rung_at.elapsed(), SOON);
        bell.ring_soon();
        bell.ring();
        bell.rung().await;
        assert_eq!(rung_at.elapsed(), SOON, "there is no reason to wait for the rest");
    }
}
