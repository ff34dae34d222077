//! Instances that work on the same data, each with a clock of its own.

use std::time::Duration;

use crate::Timestamp;

/// How far apart two instances may be: five seconds by their clocks (requirement T2), four until what one writes is there,
/// three until another has read it; rounded up.
pub const INSTANCES_APART: Duration = Duration::from_secs(15);

/// When the last of the tokens has expired that anybody made before `ended_at`, each for `lifetime` at the longest. Another
/// instance may think that it is later than it is, and go on until the end is written and read.
pub fn last_expiry(ended_at: Timestamp, lifetime: Duration) -> Timestamp {
    ended_at.plus(lifetime).plus(INSTANCES_APART)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant I2: none may outlive what ended it.
    #[test]
    fn a_token_made_by_a_clock_that_is_ahead_while_the_end_waits_to_be_written_has_expired() {
        let (ended_at, lifetime) = (Timestamp::from_unix_seconds(1_700_000_000), Duration::from_mins(15));
        let [ahead, waiting] = [5, 4].map(Duration::from_secs);
        let latest = ended_at.plus(waiting).plus(ahead).plus(lifetime);
        // Who forgets what is over may have the clock that is ahead, and who verifies the one that is behind.
        assert!(last_expiry(ended_at, lifetime).minus(ahead) >= latest);
    }
}
