//! Counters of attempts that all instances share (requirement L1).
//!
//! A counter is one point in time under one key, which the server forgets some time after it has passed. A server that is full
//! refuses to write, and forgets none for the sake of another, unless it is set up to evict.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use tessera_domain::{Allowance, Quota, RateLimitKey, Timestamp};
use tessera_repositories::{RateLimitRepository, Result};

use crate::RedisStore;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("rate_limits/take.lua")));
static FORGIVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("rate_limits/forgive.lua")));

/// How much longer than it matters a counter is kept: another instance may be behind by as much.
const MARGIN: Duration = Duration::from_mins(2);

/// The counters of a [`RedisStore`].
#[derive(Clone)]
pub struct RedisRateLimits {
    store: RedisStore,
}

impl RedisRateLimits {
    /// The counters of `store`.
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl RateLimitRepository for RedisRateLimits {
    async fn take(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<Allowance> {
        let mut take = TAKE.key(self.store.keys().rate_limit(key));
        take.arg(now.unix_micros()).arg(micros(quota.interval())).arg(micros(quota.burst())).arg(micros(Quota::SKEW));
        take.arg(millis(MARGIN));
        let before: Option<i64> = self.store.run("count an attempt", self.store.glance(), &take).await?;
        Ok(quota.judge(before.map(Timestamp::from_unix_micros), now).1)
    }

    async fn forgive(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<()> {
        let mut forgive = FORGIVE.key(self.store.keys().rate_limit(key));
        forgive.arg(now.unix_micros()).arg(micros(quota.interval())).arg(millis(MARGIN));
        self.store.run("take an attempt back", self.store.glance(), &forgive).await
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000)
}
