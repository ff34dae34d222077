//! The `RateLimit` and `RateLimit-Policy` fields (draft-ietf-httpapi-ratelimit-headers-10): where a client stands with the
//! limits that its request met, on every answer to it.
//!
//! Both are lists of structured fields (RFC 9651), an item for each limit: `q` of attempts in `w` seconds are allowed, `r`
//! are left, and in `t` seconds all of them are there again. They follow from what was sent alone, and say nothing about
//! what was found: a known account and an unknown one have the same (requirement A1).

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use tessera_services::limits::{Standing, Standings};

use super::headers::whole_seconds;

pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What few items are longer than.
const USUAL: usize = 48;

/// Tells a client where it stands. A request that met no limit is told nothing.
pub fn tell(standings: &Standings, response: &mut HttpResponse) {
    let standings = standings.list();
    if standings.is_empty() {
        return;
    }
    let [mut policies, mut rests] = [(); 2].map(|()| String::with_capacity(USUAL * standings.len()));
    for Standing { policy, quota, allowance } in standings {
        let (name, separator) = (policy.name(), if policies.is_empty() { "" } else { ", " });
        let (window, reset) = (whole_seconds(quota.window()), whole_seconds(allowance.reset_after));
        let _infallible = write!(policies, "{separator}\"{name}\";q={};w={window}", quota.limit());
        let _infallible = write!(rests, "{separator}\"{name}\";r={};t={reset}", allowance.remaining);
    }
    for (name, list) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, rests)] {
        if let Ok(value) = HeaderValue::try_from(list) {
            response.headers_mut().insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::http::StatusCode;
    use tessera_domain::{Allowance, Quota};
    use tessera_services::limits::Policy;

    use super::*;

    fn standing(policy: Policy, remaining: u32, reset_after: Duration) -> Standing {
        let quota = Quota::new(10, Duration::from_mins(5)).expect("a quota");
        let allowance = Allowance { allowed: true, remaining, retry_after: Duration::ZERO, reset_after };
        Standing { policy, quota, allowance }
    }

    #[test]
    fn each_limit_is_an_item_and_seconds_are_rounded_up() {
        let standings = Standings::default();
        standings.note(standing(Policy::PasswordsPerAddress, 9, Duration::from_millis(29_001)));
        standings.note(standing(Policy::Passwords, 10, Duration::ZERO));
        let mut response = HttpResponse::new(StatusCode::OK);
        tell(&standings, &mut response);
        let field = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(field("RateLimit").as_deref(), Some(r#""passwords-per-address";r=9;t=30, "passwords";r=10;t=0"#));
        let policies = r#""passwords-per-address";q=10;w=300, "passwords";q=10;w=300"#;
        assert_eq!(field("RateLimit-Policy").as_deref(), Some(policies));
    }

    #[test]
    fn without_a_limit_there_is_nothing_to_tell() {
        let mut response = HttpResponse::new(StatusCode::OK);
        tell(&Standings::default(), &mut response);
        assert!(response.headers().is_empty());
    }
}
