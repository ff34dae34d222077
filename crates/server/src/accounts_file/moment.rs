//! Points in time as databases and programs write them: ISO 8601, in one of its many ways.

use tessera_domain::Timestamp;
use time::format_description::well_known::Iso8601;
use time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// Reads a point in time: `2024-01-31T08:00:00.25Z`, `2024-01-31 08:00:00+01` as PostgreSQL writes it, `2024-01-31`.
/// Without an offset it is UTC, which is what Django and SQLite mean by that.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.replacen(' ', "T", 1);
    let moment = OffsetDateTime::parse(&text, &Iso8601::PARSING)
        .or_else(|_| PrimitiveDateTime::parse(&text, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(&text, &Iso8601::PARSING).map(|date| date.midnight().assume_utc()));
    // Years that take another number of digits cannot be written again.
    let moment = moment.ok()?.checked_to_offset(UtcOffset::UTC).filter(|moment| moment.year() >= 0)?;
    let micros = moment.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).ok().map(Timestamp::from_unix_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_databases_and_programs_write() {
        for (text, expected) in [
            ("2024-01-31T08:00:00Z", "2024-01-31T08:00:00Z"),
            ("2024-01-31T08:00:00.123Z", "2024-01-31T08:00:00.123000Z"),
            ("2024-01-31T08:00:00.123456+00:00", "2024-01-31T08:00:00.123456Z"),
            ("2024-01-31T08:00:00-05:30", "2024-01-31T13:30:00Z"),
            ("2024-01-31 08:00:00.5+00", "2024-01-31T08:00:00.500000Z"),
            ("2024-01-31 08:00:00+01", "2024-01-31T07:00:00Z"),
            ("2024-01-31 08:00:00.123456", "2024-01-31T08:00:00.123456Z"),
            ("2024-01-31T08:00", "2024-01-31T08:00:00Z"),
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "yesterday", "1706688000", "2024-02-30", "2024-01-31T25:00:00Z", "31/01/2024", "infinity", "T"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn reads_what_is_written_here() {
        for micros in [0, 1, 1_706_688_000_123_000, -1, 253_402_300_799_999_999] {
            let at = Timestamp::from_unix_micros(micros);
            assert_eq!(parse(&at.to_string()), Some(at), "{at}");
        }
    }
}
