//! Who may still join the queue of the hashing pool.
//!
//! An answer that comes after the client has given up is wasted work that delays everybody behind it. So a job is
//! admitted only if it can be expected to start within the wait budget; the others hear at once when to come back.

use std::time::Duration;

/// The limits of the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admission {
    /// How many jobs run at once.
    pub threads: usize,
    /// How many may wait, however short the wait.
    pub queue: usize,
    /// How long a job may have to wait before it starts.
    pub max_wait: Duration,
}

/// The least that a caller is asked to wait: `Retry-After` counts in seconds, and zero would mean "at once".
const MIN_RETRY: Duration = Duration::from_secs(1);

impl Admission {
    /// Whether one more may join while `ahead` are waiting or running and each takes about `each`.
    pub(super) fn admits(&self, ahead: usize, each: Duration) -> bool {
        ahead < self.threads.saturating_add(self.queue) && self.expected_wait(ahead, each) <= self.max_wait
    }

    /// When to come back if not: by then all of those ahead will be done.
    pub(super) fn retry_after(&self, ahead: usize, each: Duration) -> Duration {
        self.expected_wait(ahead, each).max(MIN_RETRY)
    }

    /// The jobs ahead are done in rounds of one a thread. The running ones count in full, though part of their work is
    /// done: late is the safe side to err on.
    fn expected_wait(&self, ahead: usize, each: Duration) -> Duration {
        let rounds = ahead / self.threads.max(1);
        each.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: Duration = Duration::from_millis(400);

    fn two_threads() -> Admission {
        Admission { threads: 2, queue: 100, max_wait: Duration::from_secs(3) }
    }

    #[test]
    fn admits_what_starts_within_the_budget() {
        let admission = two_threads();
        // Seven rounds of 0.4 s are 2.8 s; the eighth would start after 3.2 s.
        assert!(admission.admits(0, EACH));
        assert!(admission.admits(15, EACH));
        assert!(!admission.admits(16, EACH));
        assert_eq!(admission.retry_after(16, EACH), Duration::from_millis(3_200));
    }

    #[test]
    fn a_faster_machine_admits_more_up_to_the_capacity() {
        let each = Duration::from_micros(1);
        assert!(two_threads().admits(101, each));
        assert!(!two_threads().admits(102, each));
        assert_eq!(two_threads().retry_after(102, each), MIN_RETRY);
    }

    #[test]
    fn a_free_thread_admits_however_long_a_hash_takes() {
        let minute = Duration::from_mins(1);
        assert!(two_threads().admits(1, minute));
        assert!(!two_threads().admits(2, minute));
    }

    #[test]
    fn extremes_do_not_overflow() {
        let admission = Admission { threads: 1, queue: usize::MAX, max_wait: Duration::MAX };
        assert!(admission.admits(usize::MAX - 1, Duration::MAX));
        assert!(!admission.admits(usize::MAX, Duration::MAX));
        assert_eq!(admission.retry_after(usize::MAX, Duration::MAX), Duration::MAX);
    }
}
