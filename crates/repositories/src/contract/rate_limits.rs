//! The promises of a [`RateLimitRepository`].
//!
//! The windows are long, so that a storage that keeps time by itself forgets nothing while a slow test runs.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Allowance, Quota, RateLimitKey, Timestamp};

use super::ANSWERS;
use super::race::{RACERS, count, race};
use super::sample::{NOW, TICK, after};
use crate::RateLimitRepository;

/// Runs the suite of [`RateLimitRepository`](crate::RateLimitRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! rate_limit_contract {
    ($fresh:expr) => {
        mod rate_limit_repository {
            use super::*;

            $crate::contract_tier! { rate_limits::behaviour, $fresh, |repo| &*repo,
                a_new_key_has_the_whole_quota
                a_quota_of_one_allows_one
                the_largest_quota_is_kept_to
                keys_are_counted_apart
                what_is_denied_costs_nothing
                a_denial_says_when_to_come_back
                what_is_forgiven_was_never_tried
                forgiving_takes_back_one_attempt
                forgiving_gives_nobody_more_than_the_quota
                what_is_forgiven_is_nobody_elses
                a_stricter_quota_counts_what_was_tried_before
            }
            $crate::contract_tier! { rate_limits::expiry, $fresh, |repo| &*repo,
                an_attempt_comes_back_on_time
                attempts_come_back_one_by_one
                after_the_window_the_quota_is_whole
                an_idle_key_saves_nothing_up
                a_clock_that_was_ahead_locks_nobody_out
                a_clock_that_is_a_little_behind_gains_nothing
            }
            $crate::contract_tier! { rate_limits::concurrency, $fresh, |repo| &repo,
                of_sixteen_attempts_as_many_are_allowed_as_the_quota_has
                sixteen_keys_do_not_share_a_quota
                attempts_that_are_forgiven_leave_the_quota_whole
                forgiving_never_lets_more_in_than_the_quota
            }
        }
    };
}

/// Five at once, and one every two minutes.
const EVERY: u64 = 120;

fn five() -> Quota {
    quota(5, 5 * EVERY)
}

fn quota(limit: u32, seconds: u64) -> Quota {
    Quota::new(limit, Duration::from_secs(seconds)).expect("a quota")
}

/// The key with this number. Neighbours differ in their last byte alone.
fn key(number: u8) -> RateLimitKey {
    let mut digest = [0x5a; 32];
    digest[31] = number;
    RateLimitKey::from_digest(digest)
}

async fn take(repo: &dyn RateLimitRepository, number: u8, quota: Quota, now: Timestamp) -> Allowance {
    repo.take(key(number), quota, now).await.expect(ANSWERS)
}

async fn forgive(repo: &dyn RateLimitRepository, number: u8, now: Timestamp) {
    repo.forgive(key(number), five(), now).await.expect(ANSWERS);
}

/// Takes until nothing is left. Returns how many were allowed.
async fn exhaust(repo: &dyn RateLimitRepository, number: u8, quota: Quota, now: Timestamp) -> u32 {
    let mut allowed = 0;
    while take(repo, number, quota, now).await.allowed {
        allowed += 1;
    }
    allowed
}

fn allowed(remaining: u32, reset: u64) -> Allowance {
    Allowance { allowed: true, remaining, retry_after: Duration::ZERO, reset_after: Duration::from_secs(reset) }
}

fn denied(retry: u64, reset: u64) -> Allowance {
    let (retry_after, reset_after) = (Duration::from_secs(retry), Duration::from_secs(reset));
    Allowance { allowed: false, remaining: 0, retry_after, reset_after }
}

/// And is told with each attempt where it stands.
pub async fn a_new_key_has_the_whole_quota(repo: &dyn RateLimitRepository) {
    for used in 1..=5 {
        assert_eq!(take(repo, 1, five(), NOW).await, allowed(5 - used, u64::from(used) * EVERY));
    }
    assert_eq!(take(repo, 1, five(), NOW).await, denied(EVERY, 5 * EVERY));
}

/// The smallest there is.
pub async fn a_quota_of_one_allows_one(repo: &dyn RateLimitRepository) {
    assert_eq!(take(repo, 1, quota(1, 600), NOW).await, allowed(0, 600));
    assert_eq!(take(repo, 1, quota(1, 600), NOW).await, denied(600, 600));
}

/// To the microsecond, over a day.
pub async fn the_largest_quota_is_kept_to(repo: &dyn RateLimitRepository) {
    let largest = Quota::new(Quota::MAX_LIMIT, Quota::MAX_WINDOW).expect("a quota");
    let first = take(repo, 1, largest, NOW).await;
    assert_eq!((first.remaining, first.reset_after), (Quota::MAX_LIMIT - 1, largest.interval()));
    assert_eq!(take(repo, 1, largest, NOW).await.reset_after, largest.interval() * 2);
}

/// However alike they are.
pub async fn keys_are_counted_apart(repo: &dyn RateLimitRepository) {
    assert_eq!(exhaust(repo, 1, five(), NOW).await, 5);
    assert_eq!(take(repo, 2, five(), NOW).await, allowed(4, EVERY));
    let mut other = *key(1).as_bytes();
    other[0] ^= 1;
    let other = RateLimitKey::from_digest(other);
    assert_eq!(repo.take(other, five(), NOW).await.expect(ANSWERS), allowed(4, EVERY));
}

/// Whoever keeps on trying waits no longer for it.
pub async fn what_is_denied_costs_nothing(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    for _ in 0..20 {
        assert_eq!(take(repo, 1, five(), NOW).await, denied(EVERY, 5 * EVERY));
    }
    assert_eq!(take(repo, 1, five(), after(EVERY)).await, allowed(0, 5 * EVERY));
}

/// Less and less, as time passes.
pub async fn a_denial_says_when_to_come_back(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    for passed in [0, 30, 90, 119] {
        assert_eq!(take(repo, 1, five(), after(passed)).await, denied(EVERY - passed, 5 * EVERY - passed));
    }
}

/// The next one finds everything as the first one did.
pub async fn what_is_forgiven_was_never_tried(repo: &dyn RateLimitRepository) {
    for _ in 0..20 {
        assert_eq!(take(repo, 1, five(), NOW).await, allowed(4, EVERY));
        forgive(repo, 1, NOW).await;
    }
}

/// Not two, and not all: a success between two guesses does not make room for more of them.
pub async fn forgiving_takes_back_one_attempt(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    forgive(repo, 1, NOW).await;
    assert_eq!(take(repo, 1, five(), NOW).await, allowed(0, 5 * EVERY));
    assert!(!take(repo, 1, five(), NOW).await.allowed);
    assert_eq!(take(repo, 1, five(), after(60)).await, denied(EVERY - 60, 5 * EVERY - 60));
}

/// Neither where nothing was tried, nor where it is long past.
pub async fn forgiving_gives_nobody_more_than_the_quota(repo: &dyn RateLimitRepository) {
    for _ in 0..3 {
        forgive(repo, 1, NOW).await;
    }
    assert_eq!(exhaust(repo, 1, five(), NOW).await, 5);
    for _ in 0..3 {
        forgive(repo, 1, after(3_600)).await;
    }
    assert_eq!(exhaust(repo, 1, five(), after(3_600)).await, 5);
}

/// Another key stays where it is.
pub async fn what_is_forgiven_is_nobody_elses(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    exhaust(repo, 2, five(), NOW).await;
    forgive(repo, 2, NOW).await;
    assert!(!take(repo, 1, five(), NOW).await.allowed);
    assert!(take(repo, 2, five(), NOW).await.allowed);
}

/// A setting that is changed takes effect at once, and a key that used up more than there now is waits for no longer than
/// the new window.
pub async fn a_stricter_quota_counts_what_was_tried_before(repo: &dyn RateLimitRepository) {
    let strict = quota(2, 240);
    assert!(take(repo, 1, five(), NOW).await.allowed);
    assert_eq!(take(repo, 1, strict, NOW).await, allowed(0, 240));
    exhaust(repo, 2, five(), NOW).await;
    assert_eq!(take(repo, 2, strict, NOW).await, denied(EVERY, 240));
    assert!(take(repo, 2, strict, after(EVERY)).await.allowed);
}

/// At that very moment, and not before.
pub async fn an_attempt_comes_back_on_time(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    let early = take(repo, 1, five(), after(EVERY).minus(TICK)).await;
    assert_eq!((early.allowed, early.retry_after), (false, TICK));
    assert_eq!(take(repo, 1, five(), after(EVERY)).await, allowed(0, 5 * EVERY));
    assert!(!take(repo, 1, five(), after(EVERY)).await.allowed);
}

/// Evenly, and not all of them when the window ends.
pub async fn attempts_come_back_one_by_one(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    for number in 1..=10 {
        assert_eq!(exhaust(repo, 1, five(), after(number * EVERY)).await, 1, "{number}");
    }
    assert_eq!(exhaust(repo, 1, five(), after(12 * EVERY)).await, 2);
}

/// From the moment that was announced.
pub async fn after_the_window_the_quota_is_whole(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    exhaust(repo, 2, five(), NOW).await;
    assert_eq!(exhaust(repo, 2, five(), after(5 * EVERY).minus(TICK)).await, 4);
    assert_eq!(exhaust(repo, 1, five(), after(5 * EVERY)).await, 5);
}

/// Not after a year either.
pub async fn an_idle_key_saves_nothing_up(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), NOW).await;
    assert_eq!(exhaust(repo, 1, five(), after(365 * 86_400)).await, 5);
}

/// An hour ahead, and set right: the key waits as if it were used up, and no longer.
pub async fn a_clock_that_was_ahead_locks_nobody_out(repo: &dyn RateLimitRepository) {
    exhaust(repo, 1, five(), after(3_600)).await;
    assert_eq!(take(repo, 1, five(), NOW).await, denied(EVERY, 5 * EVERY));
    assert_eq!(take(repo, 1, five(), after(EVERY)).await, allowed(0, 5 * EVERY));
}

/// Two instances whose clocks differ by seconds allow no more between them than one.
pub async fn a_clock_that_is_a_little_behind_gains_nothing(repo: &dyn RateLimitRepository) {
    let mut granted = exhaust(repo, 1, five(), after(30)).await;
    for _ in 0..20 {
        granted += u32::from(take(repo, 1, five(), NOW).await.allowed);
        granted += u32::from(take(repo, 1, five(), after(30)).await.allowed);
    }
    assert_eq!(granted, 5);
}

/// All that start together are counted before any of them is told.
pub async fn of_sixteen_attempts_as_many_are_allowed_as_the_quota_has(repo: &Arc<dyn RateLimitRepository>) {
    for round in 0..25 {
        let allowances = race(|_| {
            let repo = Arc::clone(repo);
            async move { take(repo.as_ref(), round, five(), NOW).await }
        })
        .await;
        assert_eq!(count(&allowances, |allowance| allowance.allowed), 5, "round {round}");
        let mut remaining: Vec<_> =
            allowances.iter().filter(|allowance| allowance.allowed).map(|allowance| allowance.remaining).collect();
        remaining.sort_unstable();
        assert_eq!(remaining, [0, 1, 2, 3, 4], "round {round}");
    }
}

/// A crowd takes nothing away from anybody.
pub async fn sixteen_keys_do_not_share_a_quota(repo: &Arc<dyn RateLimitRepository>) {
    let granted = race(|number| {
        let (repo, number) = (Arc::clone(repo), u8::try_from(number).expect("a small number"));
        async move { exhaust(repo.as_ref(), number, five(), NOW).await }
    })
    .await;
    assert_eq!(granted, [5; RACERS]);
}

/// Sixteen people who know their password leave no trace.
pub async fn attempts_that_are_forgiven_leave_the_quota_whole(repo: &Arc<dyn RateLimitRepository>) {
    race(|_| {
        let repo = Arc::clone(repo);
        async move {
            for _ in 0..20 {
                if take(repo.as_ref(), 1, five(), NOW).await.allowed {
                    forgive(repo.as_ref(), 1, NOW).await;
                }
            }
        }
    })
    .await;
    assert_eq!(exhaust(repo.as_ref(), 1, five(), NOW).await, 5);
}

/// Half of them guess, half of them know: however their steps interleave, of the guesses no more are allowed than five.
pub async fn forgiving_never_lets_more_in_than_the_quota(repo: &Arc<dyn RateLimitRepository>) {
    for round in 0..25 {
        let guesses = race(|racer| {
            let (repo, knows) = (Arc::clone(repo), racer.is_multiple_of(2));
            async move {
                let allowed = take(repo.as_ref(), round, five(), NOW).await.allowed;
                if allowed && knows {
                    forgive(repo.as_ref(), round, NOW).await;
                }
                u32::from(allowed && !knows)
            }
        })
        .await;
        let made: u32 = guesses.iter().sum();
        let left = exhaust(repo.as_ref(), round, five(), NOW).await;
        assert_eq!(made + left, 5, "round {round}");
    }
}
