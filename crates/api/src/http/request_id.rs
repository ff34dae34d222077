//! The id by which client, log and support speak of one request (requirement G1).

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Where it travels, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;

/// The id of a request, for whoever works on it.
#[derive(Debug, Clone)]
pub struct RequestId(pub HeaderValue);

/// Makes ids: a counter from a random start. They need to be told apart, not to be unguessable, and are made for every
/// request, so that asking the secret source would be wasted.
#[derive(Debug)]
pub struct RequestIds(Cell<u64>);

impl RequestIds {
    /// One for each worker; they start at different numbers.
    pub fn new() -> Self {
        Self(Cell::new(RandomState::new().hash_one(0)))
    }

    /// The id that the client gave its request, if it is one that a log can hold; a fresh one otherwise.
    pub fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(X_REQUEST_ID) {
            Some(id) if is_acceptable(id.as_bytes()) => id.clone(),
            _ => self.fresh(),
        }
    }

    /// One that nobody has yet: 16 hexadecimal digits.
    pub fn fresh(&self) -> HeaderValue {
        let number = self.0.get().wrapping_add(1);
        self.0.set(number);
        hexadecimal(scatter(number))
    }
}

/// Nothing that could forge a line or a field of a log.
fn is_acceptable(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Spreads a counter over all bits, one to one (the finaliser of `SplitMix64`), so that two ids look as different as they
/// are.
const fn scatter(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn hexadecimal(number: u64) -> HeaderValue {
    let mut digits = [b'0'; 16];
    for (digit, place) in digits.iter_mut().zip((0..16_u32).rev()) {
        let nibble = u8::try_from((number >> (4 * place)) & 0xf).unwrap_or(0);
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(given).expect("a header"));
        RequestIds::new().of(&headers).to_str().expect("ASCII").to_owned()
    }

    #[test]
    fn keeps_an_id_that_a_log_can_hold() {
        for id in ["a", "0", "A-z_0.9", &"x".repeat(64)] {
            assert_eq!(id_for(id), id);
        }
    }

    #[test]
    fn replaces_every_other_one() {
        for id in ["", " ", "a b", "a\tb", "a\"b", "a,b", "<a>", "a/b", &"x".repeat(65)] {
            let fresh = id_for(id);
            assert_ne!(fresh, id);
            assert_eq!(fresh.len(), 16);
        }
    }

    #[test]
    fn fresh_ids_differ() {
        let (ids, none) = (RequestIds::new(), HeaderMap::new());
        assert_ne!(ids.of(&none), ids.of(&none));
        assert_ne!(RequestIds::new().of(&none), RequestIds::new().of(&none));
        assert_eq!(hexadecimal(0x0123_4567_89ab_cdef), "0123456789abcdef");
    }
}
