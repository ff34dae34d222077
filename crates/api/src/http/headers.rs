//! The headers that every answer carries (requirement H3), and those that a status obliges to.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// The challenge of a 401 to which no token was presented (RFC 6750, section 3).
pub const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer");
/// The challenge of a 401 to a token that does not count (RFC 6750, section 3.1).
pub const INVALID_TOKEN: HeaderValue = HeaderValue::from_static(r#"Bearer error="invalid_token""#);

/// Carries a refresh token, where it does not travel in the body.
pub const X_REFRESH_TOKEN: HeaderName = HeaderName::from_static("x-refresh-token");

/// Nothing may guess an answer's type, frame it, embed it or be told of it.
static ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];

/// An answer is data, unless its maker says that it is a page: nothing in it is run.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const IN_A_SECOND: HeaderValue = HeaderValue::from_static("1");

/// Rounded up: who comes back a moment too early comes in vain.
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Completes the headers of an answer. What its maker set is left alone, those that hold for every answer excepted.
pub fn complete(status: StatusCode, headers: &mut HeaderMap) {
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    insert_missing(headers, CONTENT_SECURITY_POLICY, DATA);
    insert_missing(headers, CACHE_CONTROL, NO_STORE);
    match status {
        StatusCode::UNAUTHORIZED => insert_missing(headers, WWW_AUTHENTICATE, CHALLENGE),
        StatusCode::SERVICE_UNAVAILABLE => insert_missing(headers, RETRY_AFTER, IN_A_SECOND),
        _ => {}
    }
}

fn insert_missing(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
