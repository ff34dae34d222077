//! Counting while the shared storage is away (requirement L2).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Allowance, Quota, RateLimitKey, Timestamp};
use tessera_repositories::{RateLimitRepository, RepositoryError, Result};
use tokio::time::timeout;

/// Who waits longer than this for a counter is better off with a local one.
const DEADLINE: Duration = Duration::from_millis(250);
/// How long a storage that did not answer is left alone, so that not every login waits for it.
const REST: Duration = Duration::from_secs(1);

/// Counts in a storage that all instances share and, while that is away, in this process: by a
/// [stricter](Quota::stricter) quota, since each instance then counts for itself.
pub struct FallbackRateLimits {
    shared: Arc<dyn RateLimitRepository>,
    local: Arc<dyn RateLimitRepository>,
    /// Until when the shared storage is left alone, in microseconds since the epoch.
    resting_until: AtomicI64,
    is_away: AtomicBool,
}

impl FallbackRateLimits {
    /// `shared` as long as it answers, `local` otherwise.
    pub fn new(shared: Arc<dyn RateLimitRepository>, local: Arc<dyn RateLimitRepository>) -> Self {
        Self { shared, local, resting_until: AtomicI64::new(i64::MIN), is_away: AtomicBool::new(false) }
    }

    /// Whether the shared storage did not answer when it was last asked.
    pub fn is_in_use(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// What the shared storage says, if it says anything in time.
    async fn ask<T>(&self, now: Timestamp, question: impl Future<Output = Result<T>>) -> Option<T> {
        if now.unix_micros() < self.resting_until.load(Ordering::Relaxed) {
            return None;
        }
        let late = |_| Err(RepositoryError::transient("the counters of attempts", "no answer in time"));
        match timeout(DEADLINE, question).await.unwrap_or_else(late) {
            Ok(answer) => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("attempts are counted in the shared storage again");
                }
                Some(answer)
            }
            Err(error) => {
                self.resting_until.store(now.plus(REST).unix_micros(), Ordering::Relaxed);
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "attempts are counted in this process, by stricter limits");
                }
                None
            }
        }
    }
}

#[async_trait]
impl RateLimitRepository for FallbackRateLimits {
    async fn take(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<Allowance> {
        match self.ask(now, self.shared.take(key, quota, now)).await {
            Some(allowance) => Ok(allowance),
            None => self.local.take(key, quota.stricter(), now).await,
        }
    }

    /// Where the attempt was counted is not remembered. At worst one is given back that was counted in the other place,
    /// which costs a guess and gains one that only somebody with a right password could have had.
    async fn forgive(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<()> {
        match self.ask(now, self.shared.forgive(key, quota, now)).await {
            Some(()) => Ok(()),
            None => self.local.forgive(key, quota.stricter(), now).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tessera_repositories::MockRateLimitRepository;

    use super::*;
    use crate::fixtures::{NOW, away};

    const KEY: RateLimitKey = RateLimitKey::from_digest([1; 32]);

    fn ten() -> Quota {
        Quota::new(10, Duration::from_mins(1)).expect("a quota")
    }

    fn judged(quota: Quota) -> Allowance {
        quota.judge(None, NOW).1
    }

    /// Counts by whatever quota it is given.
    fn counting(times: usize) -> MockRateLimitRepository {
        let mut storage = MockRateLimitRepository::new();
        storage.expect_take().times(times).returning(|_, quota, _| Ok(judged(quota)));
        storage
    }

    async fn take(limits: &FallbackRateLimits, millis: u64) -> u32 {
        let now = NOW.plus(Duration::from_millis(millis));
        limits.take(KEY, ten(), now).await.expect("counted somewhere").remaining
    }

    #[tokio::test]
    async fn what_the_shared_storage_says_counts() {
        let limits = FallbackRateLimits::new(Arc::new(counting(2)), Arc::new(counting(0)));
        assert_eq!((take(&limits, 0).await, take(&limits, 0).await), (9, 9));
    }

    #[tokio::test]
    async fn while_it_is_away_the_process_counts_by_half() {
        let mut shared = MockRateLimitRepository::new();
        shared.expect_take().times(1).returning(|_, _, _| Err(away()));
        shared.expect_take().returning(|_, quota, _| Ok(judged(quota)));
        let limits = FallbackRateLimits::new(Arc::new(shared), Arc::new(counting(2)));
        assert!(!limits.is_in_use());
        assert_eq!((take(&limits, 0).await, take(&limits, 999).await), (4, 4), "left alone for a second");
        assert!(limits.is_in_use());
        assert_eq!(take(&limits, 1_000).await, 9, "and then asked again");
        assert!(!limits.is_in_use());
    }

    #[tokio::test]
    async fn what_is_given_back_follows() {
        let (mut shared, mut local) = (MockRateLimitRepository::new(), MockRateLimitRepository::new());
        shared.expect_forgive().times(1).returning(|_, _, _| Err(away()));
        local.expect_forgive().withf(|_, quota, _| *quota == ten().stricter()).times(2).returning(|_, _, _| Ok(()));
        let limits = FallbackRateLimits::new(Arc::new(shared), Arc::new(local));
        for _ in 0..2 {
            limits.forgive(KEY, ten(), NOW).await.expect("given back");
        }
    }

    /// Never answers.
    struct Silent;

    #[async_trait]
    impl RateLimitRepository for Silent {
        async fn take(&self, _: RateLimitKey, _: Quota, _: Timestamp) -> Result<Allowance> {
            std::future::pending().await
        }

        async fn forgive(&self, _: RateLimitKey, _: Quota, _: Timestamp) -> Result<()> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_silent_is_waited_for_once_and_shortly() {
        let limits = FallbackRateLimits::new(Arc::new(Silent), Arc::new(counting(3)));
        let started = tokio::time::Instant::now();
        for _ in 0..3 {
            assert_eq!(take(&limits, 0).await, 4);
        }
        assert_eq!(started.elapsed(), DEADLINE);
    }
}
