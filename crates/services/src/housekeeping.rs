//! Forgetting what has expired: in the background, in small batches, so that nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use tessera_repositories::{
    ActivityRepository, MailOutboxRepository, OneTimeTokenRepository, RepositoryError, RevocationRepository,
    SessionRepository, UserTokenRepository,
};
use tokio::time::MissedTickBehavior;

use crate::ports::Clock;
use crate::tokens::RevocationMirror;

const EVERY: Duration = Duration::from_mins(1);
/// How much longer than they matter rows are kept: the clock of the machine may have been wrong, and what was deleted while
/// it was ahead would be missed when it is set right (invariant I2).
const GRACE: Duration = Duration::from_hours(24);
/// How long the pair of another service's user is kept after it expired: whoever comes back is told that the session is
/// over, and not that nobody is known under that id.
const EXPIRED_PAIRS: Duration = Duration::from_hours(30 * 24);
/// How long the owner of an account can look back at what happened to it.
const ACTIVITY: Duration = Duration::from_hours(90 * 24);
/// How long an operator can look back at what was sent.
const FINISHED_MAILS: Duration = Duration::from_hours(7 * 24);
/// Small enough that a request which waits behind a batch does not notice.
const BATCH: u32 = 200;

/// Deletes what no longer matters.
pub struct Housekeeper {
    /// Sessions whose last refresh token has expired.
    pub sessions: Arc<dyn SessionRepository>,
    /// Revocations of tokens that have expired.
    pub revocations: Arc<dyn RevocationRepository>,
    /// The same, in memory.
    pub mirror: Arc<RevocationMirror>,
    /// One-time tokens that nobody spent.
    pub one_time_tokens: Arc<dyn OneTimeTokenRepository>,
    /// The same of links, which may be kept elsewhere.
    pub links: Arc<dyn OneTimeTokenRepository>,
    /// Pairs of other services' users.
    pub user_tokens: Arc<dyn UserTokenRepository>,
    /// What happened to accounts.
    pub activity: Arc<dyn ActivityRepository>,
    /// Mails that were sent or given up.
    pub mail_outbox: Arc<dyn MailOutboxRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Housekeeper {
    /// Keeps house for as long as the process lives.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.sweep().await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "deleted expired rows"),
                Err(error) => tracing::warn!(%error, "expired rows could not be deleted"),
            }
        }
    }

    /// Deletes everything that expired long enough ago, and what is too old to be looked at. Returns how many rows that
    /// were.
    pub async fn sweep(&self) -> Result<u64, RepositoryError> {
        let now = self.clock.now();
        self.mirror.forget_expired(now);
        let long_ago = now.minus(GRACE);
        Ok(in_batches(|| self.sessions.delete_expired(long_ago, BATCH)).await?
            + in_batches(|| self.revocations.delete_expired(long_ago, BATCH)).await?
            + in_batches(|| self.one_time_tokens.delete_expired(long_ago, BATCH)).await?
            + in_batches(|| self.links.delete_expired(long_ago, BATCH)).await?
            + in_batches(|| self.user_tokens.delete_expired(now.minus(EXPIRED_PAIRS), BATCH)).await?
            + in_batches(|| self.activity.delete_older(now.minus(ACTIVITY), BATCH)).await?
            + in_batches(|| self.mail_outbox.delete_finished(now.minus(FINISHED_MAILS), BATCH)).await?)
    }
}

/// Deletes batch after batch, until one is not full. Returns how many rows that were.
async fn in_batches<F>(delete: impl Fn() -> F) -> Result<u64, RepositoryError>
where
    F: Future<Output = Result<u32, RepositoryError>>,
{
    let mut rows = 0;
    loop {
        let deleted = delete().await?;
        rows += u64::from(deleted);
        if deleted < BATCH {
            return Ok(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use tessera_domain::Timestamp;
    use tessera_repositories::{
        MockActivityRepository, MockMailOutboxRepository, MockOneTimeTokenRepository, MockRevocationRepository,
        MockSessionRepository, MockUserTokenRepository,
    };

    use super::*;
    use crate::fixtures::{NOW, clock};

    /// What is kept, as a test has it.
    #[derive(Default)]
    struct Stored {
        sessions: MockSessionRepository,
        revocations: MockRevocationRepository,
        one_time_tokens: MockOneTimeTokenRepository,
        links: MockOneTimeTokenRepository,
        user_tokens: MockUserTokenRepository,
        activity: MockActivityRepository,
        mail_outbox: MockMailOutboxRepository,
    }

    async fn sweep(stored: Stored) -> u64 {
        let revocations: Arc<dyn RevocationRepository> = Arc::new(stored.revocations);
        let housekeeper = Housekeeper {
            sessions: Arc::new(stored.sessions),
            revocations: revocations.clone(),
            mirror: Arc::new(RevocationMirror::new(revocations, clock())),
            one_time_tokens: Arc::new(stored.one_time_tokens),
            links: Arc::new(stored.links),
            user_tokens: Arc::new(stored.user_tokens),
            activity: Arc::new(stored.activity),
            mail_outbox: Arc::new(stored.mail_outbox),
            clock: clock(),
        };
        housekeeper.sweep().await.expect("swept")
    }

    #[tokio::test]
    async fn goes_on_until_a_batch_is_not_full() {
        let mut stored = Stored::default();
        let mut order = Sequence::new();
        for deleted in [BATCH, BATCH, 3] {
            stored.sessions.expect_delete_expired().times(1).in_sequence(&mut order).returning(move |_, _| Ok(deleted));
        }
        stored.revocations.expect_delete_expired().times(1).returning(|_, _| Ok(0));
        stored.one_time_tokens.expect_delete_expired().times(1).returning(|_, _| Ok(5));
        stored.links.expect_delete_expired().times(1).returning(|_, _| Ok(1));
        stored.user_tokens.expect_delete_expired().times(1).returning(|_, _| Ok(4));
        stored.activity.expect_delete_older().times(1).returning(|_, _| Ok(0));
        stored.mail_outbox.expect_delete_finished().times(1).returning(|_, _| Ok(0));
        assert_eq!(sweep(stored).await, u64::from(2 * BATCH + 3 + 5 + 1 + 4));
    }

    #[tokio::test]
    async fn each_kind_of_thing_is_kept_for_its_time() {
        fn since(wanted: Duration) -> impl Fn(&Timestamp, &u32) -> bool {
            move |before, _| *before == NOW.minus(wanted)
        }
        const DAY: Duration = Duration::from_hours(24);
        let mut stored = Stored::default();
        stored.sessions.expect_delete_expired().withf(since(DAY)).times(1).returning(|_, _| Ok(0));
        stored.revocations.expect_delete_expired().withf(since(DAY)).times(1).returning(|_, _| Ok(0));
        stored.one_time_tokens.expect_delete_expired().withf(since(DAY)).times(1).returning(|_, _| Ok(0));
        stored.links.expect_delete_expired().withf(since(DAY)).times(1).returning(|_, _| Ok(0));
        stored.user_tokens.expect_delete_expired().withf(since(30 * DAY)).times(1).returning(|_, _| Ok(0));
        stored.activity.expect_delete_older().withf(since(90 * DAY)).times(1).returning(|_, _| Ok(0));
        stored.mail_outbox.expect_delete_finished().withf(since(7 * DAY)).times(1).returning(|_, _| Ok(0));
        assert_eq!(sweep(stored).await, 0);
    }
}
