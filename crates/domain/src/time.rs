//! A point in time, as the whole program counts it.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time in UTC: whole microseconds since the Unix epoch, the finest step every storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch, as `NumericDate` counts them (RFC 7519, section 2).
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The start of the second it lies in: what a `NumericDate` keeps of it.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self::from_unix_seconds(self.unix_seconds())
    }

    /// Later by `duration`; the far end of time instead of an overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// Earlier by `duration`; the far beginning of time instead of an overflow.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// How long after `earlier` it is; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        let elapsed = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(elapsed).unwrap_or(0))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC, as Django REST framework writes it: `2026-01-31T08:00:00.250000Z`, or without a fraction where that is zero.
/// Readers that know some lengths of a fraction only know these.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = OffsetDateTime::from_unix_timestamp(self.unix_seconds()).ok();
        let text = second.and_then(|second| second.format(&Rfc3339).ok());
        match (text.as_deref().and_then(|text| text.strip_suffix('Z')), self.0.rem_euclid(1_000_000)) {
            (Some(second), 0) => write!(f, "{second}Z"),
            (Some(second), micros) => write!(f, "{second}.{micros:06}Z"),
            (None, _) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_utc_with_no_digit_or_six_behind_the_point() {
        for (micros, text) in [
            (1_704_067_200_000_000, "2024-01-01T00:00:00Z"),
            (1_704_067_200_250_000, "2024-01-01T00:00:00.250000Z"),
            (1_704_067_200_000_001, "2024-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (i64::MAX, "9223372036854775807us"),
        ] {
            assert_eq!(Timestamp::from_unix_micros(micros).to_string(), text);
        }
    }

    #[test]
    fn never_overflows_and_never_goes_negative() {
        let end = Timestamp::from_unix_micros(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(Timestamp::from_unix_seconds(1).since(Timestamp::from_unix_seconds(2)), Duration::ZERO);
    }

    #[test]
    fn seconds_round_down_also_before_the_epoch() {
        assert_eq!(Timestamp::from_unix_micros(-1).unix_seconds(), -1);
        assert_eq!(Timestamp::from_unix_micros(1_999_999).whole_seconds(), Timestamp::from_unix_seconds(1));
    }
}
