//! The contract `user_tokens`, row by row: what the services are asked, and how their outcomes are worded.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::Services;
use tessera_domain::{AccessToken, Digest, ExternalId};
use tessera_services::user_tokens::{
    InvalidateError, MintError, MockUserTokenService, RefreshError, ServiceAccess, ValidateError,
};

use crate::support::{Answer, bearer, get, outage, pair, post, post_json, send, services};

const GEN: &str = "/auth/token/gen-tokens";
const REFRESH: &str = "/auth/token/refresh";
const VALIDATE: &str = "/auth/token/validate-token";
const INVALIDATE: &str = "/auth/token/invalidate-tokens";

fn with(user_tokens: MockUserTokenService) -> Services {
    let service_access = Arc::new(ServiceAccess::Secrets(vec![Digest::of(b"the secret")]));
    Services { user_tokens: Arc::new(user_tokens), service_access, ..services() }
}

/// Services that nobody is expected to call.
fn idle() -> Services {
    with(MockUserTokenService::new())
}

fn from_service(path: &str, body: &str) -> TestRequest {
    post_json(path, body).insert_header(("X-SERVICE-SECRET", "the secret"))
}

fn form(path: &str, body: &str) -> TestRequest {
    let request = post(path).insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    request.insert_header(("X-SERVICE-SECRET", "the secret")).set_payload(body.to_owned())
}

fn error(words: &str) -> Value {
    json!({"error": words})
}

/// An id with its type, which is what its equality ignores.
fn typed(id: &ExternalId) -> String {
    format!("{id:?}")
}

#[actix_web::test]
async fn a_pair_is_made_and_the_id_answered_as_it_came() {
    for (id, typed_id) in [(json!(1), "Number(1)"), (json!("1"), r#"Text("1")"#), (json!("a b"), r#"Text("a b")"#)] {
        let mut tokens = MockUserTokenService::new();
        tokens
            .expect_mint()
            .withf(move |command| typed(&command.id) == typed_id && command.username.as_str() == "bob")
            .times(1)
            .returning(|_| Ok(pair()));
        let body = json!({"id": id, "username": "bob", "is_staff": true}).to_string();
        let answer = send(&with(tokens), from_service(GEN, &body)).await;
        answer.is(201, &json!({"id": id, "refresh": "new.refresh", "access": "new.access"}));
    }
}

#[actix_web::test]
async fn a_form_has_texts_alone() {
    let mut tokens = MockUserTokenService::new();
    tokens.expect_mint().withf(|command| typed(&command.id) == r#"Text("1")"#).returning(|_| Ok(pair()));
    tokens.expect_validate().returning(|_, _| Ok(()));
    let services = with(tokens);
    let made = send(&services, form(GEN, "id=1&username=bob")).await;
    made.is(201, &json!({"id": "1", "refresh": "new.refresh", "access": "new.access"}));
    send(&services, form(VALIDATE, "id=1&access=a.b.c")).await.is(200, &json!({"access_token": "Valid token"}));
    for malformed in ["id=1&id=1&username=bob", "id=1&username=%ff"] {
        send(&services, form(GEN, malformed)).await.is(400, &error("The request body is malformed."));
    }
}

#[actix_web::test]
async fn who_it_is_has_to_be_said() {
    for body in [
        "",
        "{}",
        r#"{"id":1}"#,
        r#"{"username":"bob"}"#,
        r#"{"id":null,"username":"bob"}"#,
        r#"{"id":true,"username":"bob"}"#,
        r#"{"id":1.0,"username":"bob"}"#,
        r#"{"id":"","username":"bob"}"#,
        r#"{"id":9223372036854775808,"username":"bob"}"#,
        r#"{"id":[1],"username":"bob"}"#,
        r#"{"id":1,"username":""}"#,
        r#"{"id":1,"username":7}"#,
    ] {
        let answer = send(&idle(), from_service(GEN, body)).await;
        answer.is(400, &error("Username and id are required"));
    }
    for name in ["b\\u0000b".to_owned(), "b\\u202eb".to_owned(), "b".repeat(151)] {
        let answer = send(&idle(), from_service(GEN, &format!(r#"{{"id":1,"username":"{name}"}}"#))).await;
        answer.is(400, &error("Username or id is too long or contains control characters"));
    }
}

#[actix_web::test]
async fn what_is_bound_is_a_conflict() {
    for (bound, words) in [
        (MintError::IdBound, "This id belongs to another username"),
        (MintError::UsernameBound, "This username belongs to another id"),
    ] {
        let mut tokens = MockUserTokenService::new();
        tokens.expect_mint().return_once(move |_| Err(bound));
        let answer = send(&with(tokens), from_service(GEN, r#"{"id":1,"username":"bob"}"#)).await;
        answer.is(409, &error(words));
    }
}

#[actix_web::test]
async fn the_refresh_token_is_in_the_header_or_else_in_the_body() {
    let refreshed = |expected: &'static str| {
        let mut tokens = MockUserTokenService::new();
        let is_expected = move |id: &ExternalId, token: &tessera_domain::RefreshToken| {
            *id == ExternalId::Number(1) && token.expose() == expected
        };
        tokens.expect_refresh().withf(is_expected).times(1).returning(|_, _| Ok(AccessToken::new("new.access")));
        with(tokens)
    };
    let ok = json!({"access": "new.access"});
    let both = r#"{"id":1,"refresh":"of.the.body"}"#;
    let header = post_json(REFRESH, both).insert_header(bearer("of.the.header"));
    send(&refreshed("of.the.header"), header).await.is(200, &ok);
    send(&refreshed("of.the.body"), post_json(REFRESH, both)).await.is(200, &ok);
    let basic = post_json(REFRESH, both).insert_header(("Authorization", "Basic Ym9i"));
    send(&refreshed("of.the.body"), basic).await.is(200, &ok);
    let form = form(REFRESH, "id=1").insert_header(bearer("of.the.header"));
    send(&refreshed("of.the.header"), form).await.is(200, &ok);
}

#[actix_web::test]
async fn a_refresh_needs_a_token_and_then_an_id() {
    for body in ["", "{}", r#"{"id":1}"#, r#"{"id":1,"refresh":""}"#, r#"{"id":1,"refresh":7}"#] {
        send(&idle(), post_json(REFRESH, body)).await.is(400, &error("Refresh token is required"));
    }
    for body in ["", "{}", r#"{"id":""}"#, r#"{"id":false}"#, r#"{"id":1.5}"#] {
        let request = post_json(REFRESH, body).insert_header(bearer("a.b.c"));
        send(&idle(), request).await.is(400, &error("User id is required"));
    }
    send(&idle(), post(REFRESH).insert_header(bearer("a.b.c"))).await.is(400, &error("User id is required"));
}

#[actix_web::test]
async fn a_refusal_says_which_of_the_rows_it_is() {
    let not_refreshed = |details| json!({"error": "Could not generate access token", "details": details});
    let expired = error("User session has expired, You must login again");
    for (refusal, status, body) in [
        (RefreshError::UnknownUser, 404, error("User not found")),
        (RefreshError::Expired, 401, expired),
        (RefreshError::Invalid, 401, not_refreshed("Token is invalid")),
        (RefreshError::WrongType, 401, not_refreshed("Token has wrong type")),
        (RefreshError::Mismatch, 401, error("token mismatch")),
    ] {
        let mut tokens = MockUserTokenService::new();
        tokens.expect_refresh().return_once(move |_, _| Err(refusal));
        let request = post_json(REFRESH, r#"{"id":1}"#).insert_header(bearer("a.b.c"));
        let answer = send(&with(tokens), request).await;
        answer.is(status, &body);
        let challenge = (status == 401).then_some(r#"Bearer error="invalid_token""#);
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let odd = post_json(REFRESH, r#"{"id":1}"#).insert_header(bearer("not a token"));
    send(&idle(), odd).await.is(401, &not_refreshed("Token is invalid"));
}

/// Asks about an access token, with services that refuse it.
async fn refused_access(path: &str, validate: Option<ValidateError>, invalidate: Option<InvalidateError>) -> Answer {
    let mut tokens = MockUserTokenService::new();
    if let Some(refusal) = validate {
        tokens.expect_validate().return_once(move |_, _| Err(refusal));
    }
    if let Some(refusal) = invalidate {
        tokens.expect_invalidate().return_once(move |_, _| Err(refusal));
    }
    send(&with(tokens), from_service(path, r#"{"id":1,"access":"a.b.c"}"#)).await
}

#[actix_web::test]
async fn a_token_that_does_not_count_is_a_401_with_its_reason() {
    for (answer, words) in [
        (refused_access(VALIDATE, Some(ValidateError::Invalid), None).await, "Invalid or expired token"),
        (refused_access(VALIDATE, Some(ValidateError::Mismatch), None).await, "token mismatch"),
        (refused_access(INVALIDATE, None, Some(InvalidateError::Invalid)).await, "Invalid or expired token"),
        (refused_access(INVALIDATE, None, Some(InvalidateError::Mismatch)).await, "token mismatch"),
        (refused_access(INVALIDATE, None, Some(InvalidateError::NotLoggedIn)).await, "User has not logged in yet"),
    ] {
        answer.is(401, &error(words));
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
}

#[actix_web::test]
async fn a_token_and_its_user_have_to_be_named() {
    for path in [VALIDATE, INVALIDATE] {
        for body in
            ["", "{}", r#"{"id":1}"#, r#"{"access":"a"}"#, r#"{"id":1,"access":" "}"#, r#"{"id":true,"access":"a"}"#]
        {
            send(&idle(), from_service(path, body)).await.is(400, &error("Access token and id are required"));
        }
    }
}

#[actix_web::test]
async fn an_ended_pair_is_a_logout() {
    let mut tokens = MockUserTokenService::new();
    tokens
        .expect_invalidate()
        .withf(|id, token| *id == ExternalId::Number(1) && token.expose() == "a.b.c")
        .times(1)
        .returning(|_, _| Ok(()));
    let answer = send(&with(tokens), from_service(INVALIDATE, r#"{"id":"1","access":"a.b.c"}"#)).await;
    answer.is(200, &json!({"detail": "User logged out"}));
}

#[actix_web::test]
async fn a_storage_that_is_away_logs_nobody_out() {
    let mut tokens = MockUserTokenService::new();
    tokens.expect_mint().returning(|_| Err(outage().into()));
    tokens.expect_refresh().returning(|_, _| Err(outage().into()));
    tokens.expect_validate().returning(|_, _| Err(outage().into()));
    tokens.expect_invalidate().returning(|_, _| Err(outage().into()));
    let services = with(tokens);
    for path in [GEN, REFRESH, VALIDATE, INVALIDATE] {
        let body = r#"{"id":1,"username":"bob","access":"a.b.c","refresh":"a.b.c"}"#;
        let answer = send(&services, from_service(path, body)).await;
        answer.is(503, &error("The service is temporarily unavailable. Try again later."));
        assert_eq!(answer.header("retry-after"), Some("3"), "{path}");
    }
}

#[actix_web::test]
async fn both_slash_forms_and_whatever_the_framework_refuses_are_the_contracts() {
    for path in [GEN, REFRESH, VALIDATE, INVALIDATE] {
        for path in [path.to_owned(), format!("{path}/")] {
            let wrong_method = send(&idle(), TestRequest::with_uri(&path).method(Method::PUT)).await;
            wrong_method.is(405, &error("Method not allowed."));
            assert_eq!(wrong_method.header("allow"), Some("POST"), "{path}");
            let malformed = send(&idle(), from_service(&path, r#"{"id":1,"id":1}"#)).await;
            malformed.is(400, &error("The request body is malformed."));
            let plain = from_service(&path, "{}").insert_header(("Content-Type", "text/plain"));
            send(&idle(), plain).await.is(415, &error("The media type of the request body is not supported."));
        }
    }
    for path in ["/auth/token/", "/auth/token/nothing", "/auth/token/gen-tokens/x"] {
        send(&idle(), get(path)).await.is(404, &error("Not found."));
    }
    send(&idle(), get("/auth/token")).await.is(404, &json!({"detail": "Not Found"}));
}
