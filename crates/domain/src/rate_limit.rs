//! How often something may be tried (requirement L1).
//!
//! The rule is the generic cell rate algorithm. All that is remembered of a key is one point in time, its *theoretical
//! arrival time*: when every attempt so far would have been made, had they come evenly. It lies ahead of the present by
//! as much of the quota as is used up, so that nothing has to be counted, cleared or swept, and a key whose time has
//! passed is as good as one that was never seen.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use crate::{Invalid, Result, Timestamp};

/// At most `limit` attempts at once, which come back evenly over `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    limit: u32,
    window: Duration,
}

/// What became of an attempt, and where its key stands after it.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Whether it may be made.
    pub allowed: bool,
    /// How many more could be made at once.
    pub remaining: u32,
    /// When the next one may be made; zero if this one was allowed.
    pub retry_after: Duration,
    /// When the whole quota is there again, if nothing more is tried.
    pub reset_after: Duration,
}

impl Allowance {
    /// Where its key stands once the attempt was taken back.
    pub fn forgiven(self, quota: Quota) -> Self {
        let remaining = self.remaining.saturating_add(1).min(quota.limit());
        Self { remaining, reset_after: self.reset_after.saturating_sub(quota.interval()), ..self }
    }
}

impl Quota {
    /// The largest limit.
    pub const MAX_LIMIT: u32 = 1_000_000;
    /// The longest window.
    pub const MAX_WINDOW: Duration = Duration::from_hours(24);
    /// How far the clocks of two instances may differ before one of them is taken to be wrong.
    pub const SKEW: Duration = Duration::from_mins(1);

    /// A quota of 1 to [`Quota::MAX_LIMIT`] attempts in one second to [`Quota::MAX_WINDOW`].
    pub fn new(limit: u32, window: Duration) -> Result<Self> {
        let is_sane =
            (1..=Self::MAX_LIMIT).contains(&limit) && (Duration::from_secs(1)..=Self::MAX_WINDOW).contains(&window);
        if is_sane { Ok(Self { limit, window }) } else { Err(Invalid::Malformed) }
    }

    /// How many attempts may be made at once.
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// The time in which as many come back.
    pub const fn window(self) -> Duration {
        self.window
    }

    /// The time in which one comes back, in whole microseconds.
    pub fn interval(self) -> Duration {
        Duration::from_micros(u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX) / u64::from(self.limit))
    }

    /// How far ahead of the present a theoretical arrival time may lie: `limit` intervals.
    pub fn burst(self) -> Duration {
        self.interval().saturating_mul(self.limit)
    }

    /// The same for half as many attempts, at least one: for when not everybody who counts can be heard (L2).
    #[must_use]
    pub fn stricter(self) -> Self {
        Self { limit: self.limit.div_ceil(2), ..self }
    }

    /// Judges an attempt at `now` on a key whose theoretical arrival time is `tat`, if it has one. Returns the one to
    /// keep, and what became of the attempt. One that is not allowed costs nothing.
    ///
    /// A time further ahead than any attempt could have put it was left there by a clock that was wrong, or under
    /// another quota. It is brought back to where the quota is used up: such a mistake locks nobody out for longer than
    /// the window.
    pub fn judge(self, tat: Option<Timestamp>, now: Timestamp) -> (Timestamp, Allowance) {
        let tat = self.believable(tat.unwrap_or(now), now);
        let next = tat.max(now).plus(self.interval());
        let allowed = next.since(now) <= self.burst();
        let kept = if allowed { next } else { tat };
        let retry_after = if allowed { Duration::ZERO } else { next.since(now).saturating_sub(self.burst()) };
        (kept, Allowance { allowed, remaining: self.remaining(kept, now), retry_after, reset_after: kept.since(now) })
    }

    /// Takes one attempt back. Returns the theoretical arrival time to keep; none if nothing is left to remember.
    pub fn forgive(self, tat: Timestamp, now: Timestamp) -> Option<Timestamp> {
        Some(tat.minus(self.interval())).filter(|tat| now < *tat)
    }

    fn believable(self, tat: Timestamp, now: Timestamp) -> Timestamp {
        let full = now.plus(self.burst());
        if tat > full.plus(Self::SKEW) { full } else { tat }
    }

    fn remaining(self, tat: Timestamp, now: Timestamp) -> u32 {
        let free = self.burst().saturating_sub(tat.since(now));
        u32::try_from(free.as_micros() / self.interval().as_micros().max(1)).unwrap_or(self.limit)
    }
}

/// Names what is counted together: who tries, and what.
///
/// It is a digest that only this installation can make, with a [`RateLimitSecret`]: a storage, its backups and whoever
/// looks into them learn neither addresses nor accounts. Without the secret both would be few enough to be tried one after
/// the other. The same key is the same in every instance, and after a restart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimitKey([u8; 32]);

impl RateLimitKey {
    /// The key with this digest.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Its digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The name that a storage keeps it under: 43 characters of base64url. It never changes.
impl fmt::Display for RateLimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for RateLimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateLimitKey(..)")
    }
}

/// What the keys of an installation are made with.
pub struct RateLimitSecret([u8; 32]);

impl RateLimitSecret {
    /// From 32 bytes that nobody can guess.
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The key of what these parts name together. Their bounds count.
    ///
    /// SHA-256 after the secret, without the second round of an HMAC: nobody is shown a key or can hand one in, so there
    /// is nothing to forge by lengthening.
    pub fn key(&self, parts: &[&[u8]]) -> RateLimitKey {
        let mut digest = Sha256::new().chain_update(self.0);
        for part in parts {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        RateLimitKey(digest.finalize().into())
    }
}

impl Drop for RateLimitSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn quota(limit: u32, seconds: u64) -> Quota {
        Quota::new(limit, Duration::from_secs(seconds)).expect("a quota")
    }

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn exhausted(quota: Quota) -> Timestamp {
        (0..quota.limit()).fold(NOW, |tat, _| quota.judge(Some(tat), NOW).0)
    }

    #[test]
    fn a_burst_is_allowed_the_limit_and_no_more() {
        let quota = quota(3, 60);
        let (mut tat, mut seen) = (None, Vec::new());
        for _ in 0..5 {
            let (next, allowance) = quota.judge(tat, NOW);
            seen.push((allowance.allowed, allowance.remaining, allowance.retry_after.as_secs()));
            tat = Some(next);
        }
        assert_eq!(seen, [(true, 2, 0), (true, 1, 0), (true, 0, 0), (false, 0, 20), (false, 0, 20)]);
        assert_eq!(tat, Some(after(60)), "what is denied costs nothing");
    }

    #[test]
    fn attempts_come_back_one_by_one() {
        let quota = quota(3, 60);
        let full = exhausted(quota);
        let tick_before = Timestamp::from_unix_micros(after(20).unix_micros() - 1);
        assert!(!quota.judge(Some(full), tick_before).1.allowed);
        let (_, at_last) = quota.judge(Some(full), after(20));
        assert_eq!((at_last.allowed, at_last.remaining, at_last.reset_after.as_secs()), (true, 0, 60));
        assert_eq!(quota.judge(Some(full), after(60)).1.remaining, 2);
        assert_eq!(quota.judge(Some(full), after(9_000)).1.remaining, 2);
    }

    #[test]
    fn what_is_forgiven_was_never_tried() {
        let quota = quota(3, 60);
        let (one, _) = quota.judge(None, NOW);
        assert_eq!(quota.forgive(one, NOW), None);
        let (two, _) = quota.judge(Some(one), NOW);
        assert_eq!(quota.forgive(two, NOW), Some(one));
        let (_, second) = quota.judge(Some(one), NOW);
        assert_eq!((second.forgiven(quota).remaining, second.forgiven(quota).reset_after.as_secs()), (2, 20));
        assert_eq!(quota.forgive(one, after(3_600)), None, "no credit for the past");
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out_for_longer_than_the_window() {
        let quota = quota(3, 60);
        let (kept, denied) = quota.judge(Some(after(3_600)), NOW);
        assert_eq!((kept, denied.allowed, denied.retry_after.as_secs()), (after(60), false, 20));
        // As far as clocks may differ, the other instance is believed: nobody gains attempts by alternating.
        let ahead = exhausted(quota).plus(Duration::from_secs(5));
        assert_eq!(quota.judge(Some(ahead), NOW).0, ahead);
    }

    #[test]
    fn a_quota_has_bounds_and_a_stricter_one_still_allows_something() {
        for (limit, window) in [(0, 60), (1_000_001, 60), (1, 0), (1, 86_401)] {
            assert!(Quota::new(limit, Duration::from_secs(window)).is_err(), "{limit}/{window}");
        }
        assert_eq!([1, 2, 5, 10].map(|limit| quota(limit, 60).stricter().limit()), [1, 1, 3, 5]);
        assert_eq!(quota(Quota::MAX_LIMIT, 1).interval(), Duration::from_micros(1));
    }

    #[test]
    fn a_key_is_written_in_one_way_and_does_not_show_itself() {
        let key = RateLimitKey::from_digest([0xfb; 32]);
        assert_eq!(key.to_string(), "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s");
        assert_eq!(format!("{key:?}"), "RateLimitKey(..)");
    }

    #[test]
    fn what_is_named_by_other_parts_has_another_key() {
        let secret = RateLimitSecret::new([1; 32]);
        let key = secret.key(&[b"ab", b"c"]);
        assert_eq!(key, RateLimitSecret::new([1; 32]).key(&[b"ab", b"c"]));
        for other in [secret.key(&[b"a", b"bc"]), secret.key(&[b"abc"]), secret.key(&[b"ab", b"c", b""])] {
            assert_ne!(key, other);
        }
        assert_ne!(key, RateLimitSecret::new([2; 32]).key(&[b"ab", b"c"]));
    }

    proptest! {
        /// In any stretch of time as many attempts are allowed as the limit, and those that came back meanwhile.
        #[test]
        fn no_stretch_of_time_holds_more_than_the_quota(
            limit in 1_u32..50,
            seconds in 1_u64..3_600,
            pauses in prop::collection::vec(0_u64..120_000_000, 1..200),
        ) {
            let quota = quota(limit, seconds);
            let (mut tat, mut now, mut allowed) = (None, NOW, 0_u128);
            for pause in pauses {
                now = now.plus(Duration::from_micros(pause));
                let (next, allowance) = quota.judge(tat, now);
                allowed += u128::from(allowance.allowed);
                prop_assert_eq!(allowance.allowed, allowance.retry_after.is_zero());
                prop_assert!(allowance.remaining < limit);
                prop_assert!(allowance.reset_after <= quota.burst());
                tat = Some(next);
            }
            let back = now.since(NOW).as_micros() / quota.interval().as_micros();
            prop_assert!(allowed <= u128::from(limit) + back);
        }

        /// Whoever waits as long as they were told gets in, and not a moment earlier.
        #[test]
        fn a_denial_names_the_very_moment(limit in 1_u32..50, seconds in 1_u64..3_600, wait in 0_u64..1_000_000) {
            let quota = quota(limit, seconds);
            let now = NOW.plus(Duration::from_micros(wait % u64::try_from(quota.interval().as_micros()).unwrap_or(1)));
            let full = exhausted(quota);
            let (kept, denied) = quota.judge(Some(full), now);
            prop_assert!(!denied.allowed);
            let moment = now.plus(denied.retry_after);
            prop_assert!(quota.judge(Some(kept), moment).1.allowed);
            prop_assert!(!quota.judge(Some(kept), moment.minus(Duration::from_micros(1))).1.allowed);
        }
    }
}
