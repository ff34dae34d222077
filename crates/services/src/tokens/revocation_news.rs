//! News of revocations from other processes, for the mirror; and the copy of the log that they come by.

use std::sync::Arc;
use std::time::Duration;

use tessera_repositories::RevocationNotices;
use tokio::time::MissedTickBehavior;

use super::RevocationMirror;
use crate::ports::Clock;

/// How often the copy is compared with its log.
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// Has the mirror of this process hear of revocations before it reads the log again.
pub struct RevocationNews {
    /// Where news come from.
    pub notices: Arc<dyn RevocationNotices>,
    /// Who is to hear of them.
    pub mirror: Arc<RevocationMirror>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl RevocationNews {
    /// Listens, and keeps the copy complete, for as long as the process lives.
    pub async fn run(&self) {
        tokio::join!(self.listen(), self.compare());
    }

    async fn listen(&self) {
        loop {
            self.mirror.note(&self.notices.next().await);
        }
    }

    async fn compare(&self) {
        let mut ticks = tokio::time::interval(COMPARE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_behind = false;
        loop {
            ticks.tick().await;
            let outcome = self.notices.catch_up(self.clock.now()).await;
            match &outcome {
                Err(error) if !was_behind => tracing::warn!(%error, "the copy of the revocations is incomplete"),
                Ok(()) if was_behind => tracing::info!("the copy of the revocations is complete again"),
                _ => {}
            }
            was_behind = outcome.is_err();
        }
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{Revocation, RevokedKey, Timestamp};
    use tessera_repositories::{MockRevocationNotices, MockRevocationRepository};

    use super::*;
    use crate::fixtures::{NOW, SESSION, away, clock};

    fn news(notices: MockRevocationNotices) -> RevocationNews {
        let mut log = MockRevocationRepository::new();
        log.expect_is_revoked().returning(|_, _| Ok(false));
        let mirror = Arc::new(RevocationMirror::new(Arc::new(log), clock()));
        RevocationNews { notices: Arc::new(notices), mirror, clock: clock() }
    }

    #[tokio::test]
    async fn what_another_process_revoked_counts_as_soon_as_it_is_heard_of() {
        let mut notices = MockRevocationNotices::new();
        let until = Timestamp::from_unix_micros(NOW.unix_micros() + 1);
        notices.expect_next().times(1).returning(move || vec![Revocation { key: RevokedKey::Session(SESSION), until }]);
        notices.expect_next().times(1).returning(|| panic!("asked again, after the first was noted"));
        let news = Arc::new(news(notices));
        assert!(!news.mirror.is_revoked(SESSION, NOW).await.expect("known"));
        let listening = tokio::spawn({
            let news = Arc::clone(&news);
            async move { news.listen().await }
        });
        assert!(listening.await.expect_err("it stops there").is_panic());
        assert!(news.mirror.is_revoked(SESSION, NOW).await.expect("known"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_copy_is_compared_again_after_a_failure() {
        let mut notices = MockRevocationNotices::new();
        notices.expect_catch_up().times(1).returning(|_| Err(away()));
        notices.expect_catch_up().withf(|now| *now == NOW).times(2..).returning(|_| Ok(()));
        let compared = tokio::time::timeout(COMPARE_EVERY * 3, news(notices).compare()).await;
        assert!(compared.is_err(), "it goes on for ever");
    }
}
