//! Counters of attempts, in memory. Another process has its own, and a restart begins anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Allowance, Quota, RateLimitKey, Timestamp};
use tessera_repositories::{RateLimitRepository, Result};

/// The most keys that are counted at once: some megabytes.
const CAPACITY: usize = 100_000;

/// How often keys whose time has passed are cleared away. A full table takes a new key this much late at the most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A bounded table of counters within this process.
///
/// A full table denies keys it does not know. To forget a key instead would be to forgive whoever is behind it, and
/// anybody who controls enough addresses could have any key forgotten.
pub struct MemoryRateLimits(Mutex<Table>);

impl MemoryRateLimits {
    /// An empty table.
    pub fn new() -> Self {
        Self(Mutex::new(Table::new(CAPACITY)))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryRateLimits {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl RateLimitRepository for MemoryRateLimits {
    async fn take(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<Allowance> {
        Ok(self.table().take(key, quota, now))
    }

    async fn forgive(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<()> {
        self.table().forgive(key, quota, now);
        Ok(())
    }
}

/// The theoretical arrival time of every key that has one.
struct Table {
    arrivals: HashMap<RateLimitKey, Timestamp>,
    capacity: usize,
    sweep_at: Timestamp,
}

impl Table {
    fn new(capacity: usize) -> Self {
        Self { arrivals: HashMap::new(), capacity, sweep_at: Timestamp::from_unix_micros(i64::MIN) }
    }

    fn take(&mut self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Allowance {
        self.sweep(now);
        let known = self.arrivals.get(&key).copied();
        if known.is_none() && self.arrivals.len() >= self.capacity {
            let wait = self.sweep_at.since(now);
            return Allowance { allowed: false, remaining: 0, retry_after: wait, reset_after: wait };
        }
        let (arrival, allowance) = quota.judge(known, now);
        self.arrivals.insert(key, arrival);
        allowance
    }

    fn forgive(&mut self, key: RateLimitKey, quota: Quota, now: Timestamp) {
        let Some(arrival) = self.arrivals.get_mut(&key) else { return };
        match quota.forgive(*arrival, now) {
            Some(earlier) => *arrival = earlier,
            None => drop(self.arrivals.remove(&key)),
        }
    }

    /// Clears away what says nothing any more, and the memory that a crowd left behind.
    fn sweep(&mut self, now: Timestamp) {
        if now < self.sweep_at {
            return;
        }
        self.arrivals.retain(|_, arrival| now < *arrival);
        self.arrivals.shrink_to(2 * self.arrivals.len());
        self.sweep_at = now.plus(SWEEP_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> RateLimitKey {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        RateLimitKey::from_digest(digest)
    }

    /// Two attempts in ten seconds, at this many milliseconds from the beginning.
    fn take(table: &mut Table, number: usize, millis: u64) -> Allowance {
        let quota = Quota::new(2, Duration::from_secs(10)).expect("a quota");
        table.take(key(number), quota, Timestamp::from_unix_seconds(0).plus(Duration::from_millis(millis)))
    }

    fn full() -> Table {
        let mut table = Table::new(3);
        for number in 0..3 {
            assert!(take(&mut table, number, 0).allowed);
        }
        table
    }

    #[test]
    fn a_full_table_denies_new_keys_and_remembers_the_old_ones() {
        let mut table = full();
        let denied = take(&mut table, 3, 400);
        assert_eq!((denied.allowed, denied.retry_after), (false, Duration::from_millis(600)));
        assert_eq!([0, 0].map(|number| take(&mut table, number, 400).allowed), [true, false]);
    }

    #[test]
    fn keys_whose_time_has_passed_make_room() {
        let mut table = full();
        assert!(!take(&mut table, 3, 4_999).allowed);
        assert!(take(&mut table, 3, 6_000).allowed, "their five seconds are over");
        assert_eq!(table.arrivals.len(), 1);
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_no_memory_behind() {
        let mut table = Table::new(CAPACITY);
        for number in 0..=CAPACITY {
            assert_eq!(take(&mut table, number, 0).allowed, number < CAPACITY);
        }
        assert!(take(&mut table, 0, 60_000).allowed);
        assert!(table.arrivals.len() == 1 && table.arrivals.capacity() < 100, "{}", table.arrivals.capacity());
    }
}
