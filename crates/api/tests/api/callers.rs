//! Bearer tokens: who gets through, and what the others are told (RFC 6750, section 3).

use serde_json::json;

use crate::support::{LOGOUT, bearer, post, send, services};

const NO_BEARER: &str = "Invalid authorization header";
const BAD_BEARER: &str = "Invalid access token";

#[actix_web::test]
async fn without_a_bearer_token_the_challenge_is_plain() {
    let none = send(&services(), post(LOGOUT)).await;
    let basic = send(&services(), post(LOGOUT).insert_header(("Authorization", "Basic YTpi"))).await;
    let empty = send(&services(), post(LOGOUT).insert_header(("Authorization", "Bearer "))).await;
    for answer in [none, basic, empty] {
        answer.is(401, &json!({"message": NO_BEARER}));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn a_token_that_does_not_count_is_named_in_the_challenge() {
    let unknown = post(LOGOUT).insert_header(bearer("bad"));
    let two_tokens = post(LOGOUT).insert_header(bearer("good good"));
    let two_headers = post(LOGOUT).append_header(bearer("good")).append_header(bearer("good"));
    let enormous = post(LOGOUT).insert_header(bearer(&"a".repeat(5_000)));
    for request in [unknown, two_tokens, two_headers, enormous] {
        let answer = send(&services(), request).await;
        answer.is(401, &json!({"message": BAD_BEARER}));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
}

#[actix_web::test]
async fn a_token_that_could_not_be_looked_at_is_neither_good_nor_bad() {
    let answer = send(&services(), post(LOGOUT).insert_header(bearer("unlucky"))).await;
    answer.is(503, &json!({"message": "The service is temporarily unavailable. Try again later."}));
    assert_eq!(answer.header("retry-after"), Some("3"));
    assert_eq!(answer.header("www-authenticate"), None);
}

#[actix_web::test]
async fn the_scheme_has_no_case() {
    for scheme in ["bearer", "BEARER", "BeArEr"] {
        let request = post(LOGOUT).insert_header(("Authorization", format!("{scheme} good")));
        // Past the bearer: the next check is the refresh header.
        send(&services(), request).await.is(400, &json!({"message": "Invalid refresh header"}));
    }
}
