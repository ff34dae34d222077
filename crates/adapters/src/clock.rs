//! The system's clock, kept from going back.
//!
//! An operator, a hypervisor or NTP can set the wall clock back by any amount. Tokens would then be "issued in the
//! future", and what had expired would live again. So the time told here only grows: after a step back it goes on from
//! where it was, at half speed, until the wall clock has caught up. Steps forward are followed at once, since there is
//! no way to tell them from a machine that slept.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tessera_domain::Timestamp;
use tessera_services::ports::Clock;

/// The clock of this machine. One process has one: two of them would agree only as long as the wall clock behaves.
#[derive(Debug)]
pub struct SystemClock {
    ratchet: Ratchet,
    started: Instant,
}

impl SystemClock {
    /// A clock that starts from the wall clock.
    pub fn new() -> Self {
        Self { ratchet: Ratchet::new(), started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.ratchet.advance(wall_micros(), || self.started.elapsed()))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the adapter behind the Clock port")]
fn wall_micros() -> i64 {
    // A clock set before 1970 reads as 1970: no token of ours is from before.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, whole_micros)
}

fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Makes readings that may go back into readings that never do. It reads no clock itself.
#[derive(Debug)]
struct Ratchet {
    /// The latest time told to anybody, in microseconds since the epoch.
    latest: AtomicI64,
    slope: Mutex<Slope>,
}

impl Ratchet {
    fn new() -> Self {
        Self { latest: AtomicI64::new(i64::MIN), slope: Mutex::new(Slope { from: i64::MIN, since: Duration::ZERO }) }
    }

    /// The time to tell when the wall clock says `wall`. As long as that grows, the price is one atomic operation;
    /// `monotonic` is read only after a step back. All readings go through one atomic, whose order of modification is
    /// the order in which time is told, so nothing stronger than relaxed ordering is needed.
    fn advance(&self, wall: i64, monotonic: impl FnOnce() -> Duration) -> i64 {
        let latest = self.latest.fetch_max(wall, Ordering::Relaxed);
        if wall >= latest { wall } else { self.slew(monotonic) }
    }

    /// Two threads that overtake each other by a microsecond end here too; the wall clock is ahead again at once.
    #[cold]
    fn slew(&self, monotonic: impl FnOnce() -> Duration) -> i64 {
        let mut slope = self.slope.lock().unwrap_or_else(PoisonError::into_inner);
        let monotonic = monotonic();
        let latest = self.latest.load(Ordering::Relaxed);
        let reached = slope.at(monotonic);
        if reached < latest {
            // The slope is of an earlier step: the wall clock has run past it since.
            *slope = Slope { from: latest, since: monotonic };
            return latest;
        }
        self.latest.fetch_max(reached, Ordering::Relaxed).max(reached)
    }
}

/// Time at half speed since a step back. It is counted from that one point, not from call to call, where frequent calls
/// would round it away.
#[derive(Debug)]
struct Slope {
    from: i64,
    since: Duration,
}

impl Slope {
    fn at(&self, monotonic: Duration) -> i64 {
        self.from.saturating_add(whole_micros(monotonic.saturating_sub(self.since) / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn at(ratchet: &Ratchet, wall: i64, monotonic: u64) -> i64 {
        ratchet.advance(wall, || Duration::from_micros(monotonic))
    }

    #[test]
    fn follows_the_wall_clock_forward() {
        let ratchet = Ratchet::new();
        assert_eq!(at(&ratchet, 100, 0), 100);
        assert_eq!(at(&ratchet, 101, 1), 101);
        assert_eq!(at(&ratchet, 101 + HOUR, 2), 101 + HOUR);
    }

    #[test]
    fn does_not_read_the_monotonic_clock_while_all_is_well() {
        let ratchet = Ratchet::new();
        for wall in [1, 1, 2] {
            assert_eq!(ratchet.advance(wall, || unreachable!("the wall clock did not go back")), wall);
        }
    }

    #[test]
    fn goes_on_at_half_speed_after_a_step_back_until_the_wall_clock_caught_up() {
        let ratchet = Ratchet::new();
        assert_eq!(at(&ratchet, HOUR, 0), HOUR);
        assert_eq!(at(&ratchet, 0, 0), HOUR);
        assert_eq!(at(&ratchet, 10, 10), HOUR + 5);
        assert_eq!(at(&ratchet, 1_000, 1_000), HOUR + 500);
        // The wall clock meets the slope after twice the step, and leads from there.
        assert_eq!(at(&ratchet, 2 * HOUR, 7_200_000_000), 2 * HOUR);
        assert_eq!(at(&ratchet, 2 * HOUR + 7, 7_200_000_007), 2 * HOUR + 7);
    }

    #[test]
    fn frequent_calls_do_not_stop_it() {
        let ratchet = Ratchet::new();
        at(&ratchet, HOUR, 0);
        let last = (0..=1_000).map(|micros| at(&ratchet, 0, micros)).last();
        assert_eq!(last, Some(HOUR + 500));
    }

    #[test]
    fn a_second_step_back_starts_a_slope_of_its_own() {
        let ratchet = Ratchet::new();
        at(&ratchet, 1_000, 0);
        assert_eq!(at(&ratchet, 0, 0), 1_000);
        assert_eq!(at(&ratchet, 50_000, 50_000), 50_000);
        assert_eq!(at(&ratchet, 0, 60_000), 50_000);
        assert_eq!(at(&ratchet, 0, 60_010), 50_005);
    }

    #[test]
    fn never_goes_back_whatever_the_readings_are() {
        let ratchet = Ratchet::new();
        let mut state = 1_u64;
        let mut last = i64::MIN;
        for monotonic in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let told = at(&ratchet, i64::from((state >> 40) as u32), monotonic);
            assert!(told >= last);
            last = told;
        }
    }

    #[test]
    fn never_goes_back_between_threads() {
        let clock = SystemClock::new();
        let tell = || {
            let mut last = clock.now();
            for _ in 0..10_000 {
                let now = clock.now();
                assert!(now >= last);
                last = now;
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(tell);
            }
        });
    }
}
