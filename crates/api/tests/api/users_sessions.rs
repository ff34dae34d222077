//! The contract `users`: refreshing and logging out.

use actix_web::test::TestRequest;
use serde_json::json;
use tessera_api::Services;
use tessera_domain::{OnRetry, RefreshPolicy, Rotation};
use tessera_services::tokens::{LogOutError, MockTokenService, RefreshError};

use crate::support::{
    LOGOUT, REFRESH, bearer, caller, outage, pair, post, post_json, send, services, tokens, with_tokens,
};

const BODY: &str = r#"{"refresh_token":"old.refresh"}"#;
const INVALID_TOKEN: Option<&str> = Some("Bearer error=\"invalid_token\"");

fn refresh_header(token: &str) -> (&'static str, String) {
    ("X-Refresh-Token", token.to_owned())
}

fn refreshing(answer: fn() -> Result<tessera_domain::TokenPair, RefreshError>) -> Services {
    let strict = RefreshPolicy { rotation: Rotation::Rotate, on_retry: OnRetry::Refuse };
    let mut tokens = MockTokenService::new();
    tokens
        .expect_refresh()
        .withf(move |token, policy, _| token.expose() == "old.refresh" && *policy == strict)
        .times(1)
        .returning(move |_, _, _| answer());
    with_tokens(tokens)
}

fn ending(answer: fn() -> Result<(), LogOutError>) -> Services {
    let mut tokens = tokens();
    tokens
        .expect_log_out()
        .withf(|who, refresh, _| {
            *who == caller() && refresh.as_ref().is_some_and(|token| token.expose() == "old.refresh")
        })
        .times(1)
        .returning(move |_, _, _| answer());
    with_tokens(tokens)
}

fn logout() -> TestRequest {
    post_json(LOGOUT, BODY).insert_header(bearer("good")).insert_header(refresh_header("old.refresh"))
}

#[actix_web::test]
async fn the_header_alone_gets_two_new_tokens() {
    let expected = json!({"access_token": "new.access", "refresh_token": "new.refresh"});
    for path in [REFRESH, "/api/v1/user/refresh/"] {
        let plain = post(path).insert_header(refresh_header("old.refresh"));
        send(&refreshing(|| Ok(pair())), plain).await.is(200, &expected);
        // A body nobody asked for, and an authorization that does not count, change nothing.
        let odd = post_json(path, "{").insert_header(refresh_header("old.refresh")).insert_header(bearer("bad"));
        send(&refreshing(|| Ok(pair())), odd).await.is(200, &expected);
    }
}

#[actix_web::test]
async fn without_a_token_in_the_header_there_is_nothing_to_refresh() {
    let none = post_json(REFRESH, BODY);
    let empty = post(REFRESH).insert_header(refresh_header(""));
    let twice = post(REFRESH).append_header(refresh_header("a")).append_header(refresh_header("b"));
    for request in [none, empty, twice] {
        send(&services(), request).await.is(400, &json!({"message": "Invalid refresh header"}));
    }
}

#[actix_web::test]
async fn a_refresh_token_that_does_not_count_is_told_from_a_spent_one() {
    let request = || post(REFRESH).insert_header(refresh_header("old.refresh"));
    let invalid = send(&refreshing(|| Err(RefreshError::Invalid)), request()).await;
    invalid.is(401, &json!({"message": "Invalid refresh token"}));
    let revoked = send(&refreshing(|| Err(RefreshError::Revoked)), request()).await;
    revoked.is(401, &json!({"message": "Refresh token has been revoked"}));
    assert_eq!(
        (invalid.header("www-authenticate"), revoked.header("www-authenticate")),
        (INVALID_TOKEN, INVALID_TOKEN)
    );
    let away = send(&refreshing(|| Err(outage().into())), request()).await;
    assert_eq!((away.status.as_u16(), away.header("www-authenticate")), (503, None));
}

#[actix_web::test]
async fn a_logout_needs_the_token_three_times() {
    send(&ending(|| Ok(())), logout()).await.is(200, &json!({"message": "Logout successful"}));
    let spaced = logout().uri("/api/v1/user/logout/");
    send(&ending(|| Ok(())), spaced).await.is(200, &json!({"message": "Logout successful"}));
}

#[actix_web::test]
async fn a_logout_is_checked_in_order() {
    let header = ("Authorization", "Bearer bad");
    let bad_bearer = post_json(LOGOUT, "{").insert_header(header);
    assert_eq!(send(&services(), bad_bearer).await.status, 401);
    let refusal = json!({"message": "Invalid refresh header"});
    let with = |body: &str| post_json(LOGOUT, body).insert_header(bearer("good"));
    for no_header in [with(BODY), with("{"), post(LOGOUT).insert_header(bearer("good"))] {
        send(&services(), no_header).await.is(400, &refusal);
    }
    let header = || refresh_header("old.refresh");
    let no_body = post(LOGOUT).insert_header(bearer("good")).insert_header(header());
    send(&services(), no_body).await.is(400, &refusal);
    for body in [
        "{}",
        r#"{"refresh_token":null}"#,
        r#"{"refresh_token":1}"#,
        r#"{"refresh_token":""}"#,
        r#"{"refresh_token":"another.refresh"}"#,
        r#"{"refresh":"old.refresh"}"#,
    ] {
        send(&services(), with(body).insert_header(header())).await.is(400, &refusal);
    }
    let malformed = send(&services(), with("{").insert_header(header())).await;
    malformed.is(400, &json!({"message": "The request body is malformed."}));
    let form = post(LOGOUT).insert_header(bearer("good")).insert_header(header());
    let form = form.insert_header(("Content-Type", "application/x-www-form-urlencoded")).set_payload("a=b");
    assert_eq!(send(&services(), form).await.status, 415);
}

#[actix_web::test]
async fn a_logout_ends_only_ones_own_session() {
    let invalid = send(&ending(|| Err(LogOutError::InvalidRefresh)), logout()).await;
    invalid.is(401, &json!({"message": "Invalid refresh token"}));
    assert_eq!(invalid.header("www-authenticate"), INVALID_TOKEN);
    let another = send(&ending(|| Err(LogOutError::NotYours)), logout()).await;
    another.is(400, &json!({"message": "Access and refresh token do not belong to the same user"}));
    assert_eq!(send(&ending(|| Err(outage().into())), logout()).await.status, 503);
}
