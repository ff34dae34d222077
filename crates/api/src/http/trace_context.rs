//! The trace that a request belongs to, as its sender names it (W3C Trace Context, the header `traceparent`).
//!
//! Whoever follows a request through several services finds our lines by the trace's id, and the answer names our part of
//! it. The header says nothing about who calls, and nothing is decided by it.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Where it travels, in both directions.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// `00-` and the ids, with a hyphen after each, and the flags.
const LENGTH: usize = 55;

/// The trace of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    id: [u8; 32],
    parent: [u8; 16],
    flags: [u8; 2],
}

impl TraceContext {
    /// The trace that the one `traceparent` header names, if there is one that can be read.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(TRACEPARENT);
        let header = given.next()?;
        if given.next().is_some() { None } else { Self::parse(header.as_bytes()) }
    }

    /// A version later than ours may have more behind the flags (section 3.2.4); version 255 is none.
    fn parse(header: &[u8]) -> Option<Self> {
        let (known, more) = header.split_at_checked(LENGTH)?;
        let mut fields = known.split(|byte| *byte == b'-');
        let version = fields.next()?;
        let id: [u8; 32] = fields.next()?.try_into().ok()?;
        let parent: [u8; 16] = fields.next()?.try_into().ok()?;
        let flags: [u8; 2] = fields.next()?.try_into().ok()?;
        let is_hexadecimal = |field: &[u8]| field.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_zero = |field: &[u8]| field.iter().all(|byte| *byte == b'0');
        let is_version = match version {
            b"00" => more.is_empty(),
            b"ff" => false,
            later => later.len() == 2 && (more.is_empty() || more.starts_with(b"-")),
        };
        let is_well_formed = fields.next().is_none() && [version, &id, &parent, &flags].into_iter().all(is_hexadecimal);
        (is_version && is_well_formed && !is_zero(&id) && !is_zero(&parent)).then_some(Self { id, parent, flags })
    }

    /// The part of it that the request comes from, 16 hexadecimal digits.
    pub fn parent(&self) -> &str {
        str::from_utf8(&self.parent).unwrap_or("-")
    }

    /// Whether its sender records it (the lowest bit of the flags), so that we should, too.
    pub fn is_sampled(&self) -> bool {
        let [_, low] = self.flags;
        matches!(low, b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f')
    }

    /// The header of the answer: the same trace, and in it the part that is called `span`, 16 hexadecimal digits.
    pub fn answer(&self, span: &HeaderValue) -> Option<HeaderValue> {
        let header = [b"00-", self.id.as_slice(), b"-", span.as_bytes(), b"-", &self.flags].concat();
        HeaderValue::from_bytes(&header).ok()
    }
}

/// The id of the trace.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.id).unwrap_or("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn parse(header: &str) -> Option<TraceContext> {
        TraceContext::parse(header.as_bytes())
    }

    #[test]
    fn the_trace_goes_on_in_the_answer() {
        let trace = parse(&format!("00-{ID}-00f067aa0ba902b7-01")).expect("a trace");
        assert_eq!((trace.to_string().as_str(), trace.parent()), (ID, "00f067aa0ba902b7"));
        let answer = trace.answer(&HeaderValue::from_static("0123456789abcdef")).expect("a header");
        assert_eq!(answer, format!("00-{ID}-0123456789abcdef-01"));
        let parsed = parse(answer.to_str().expect("text")).expect("a trace");
        assert_eq!((parsed.to_string().as_str(), parsed.parent()), (ID, "0123456789abcdef"));
    }

    #[test]
    fn the_lowest_bit_of_the_flags_says_whether_a_trace_is_recorded() {
        for (flags, is_sampled) in
            [("00", false), ("01", true), ("fe", false), ("ff", true), ("0a", false), ("18", false)]
        {
            let trace = parse(&format!("00-{ID}-00f067aa0ba902b7-{flags}")).expect("a trace");
            assert_eq!(trace.is_sampled(), is_sampled, "{flags}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for later in [format!("01-{ID}-00f067aa0ba902b7-01"), format!("cc-{ID}-00f067aa0ba902b7-01-what-comes-later")] {
            assert!(parse(&later).is_some(), "{later}");
        }
    }

    #[test]
    fn what_is_no_trace_is_none() {
        let zero = "0".repeat(32);
        for other in [
            String::new(),
            ID.to_owned(),
            format!("00-{ID}-00f067aa0ba902b7"),
            format!("00-{ID}-00f067aa0ba902b7-0"),
            format!("00-{ID}-00f067aa0ba902b7-01-more"),
            format!("01-{ID}-00f067aa0ba902b7-01.more"),
            format!("ff-{ID}-00f067aa0ba902b7-01"),
            format!("0x-{ID}-00f067aa0ba902b7-01"),
            format!("00-{zero}-00f067aa0ba902b7-01"),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            format!("00-{ID}-00f067aa0ba902b7-zz"),
            format!("00-{ID}_00f067aa0ba902b7-01"),
            format!("00-{}\n-00f067aa0ba902b7-01", &ID[1..]),
            "-".repeat(55),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }
}
