//! What a client is told about limits (requirement L1): in the shape of each contract, in the fields, and never more than
//! it may know.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::http::proxies::TrustedProxies;
use tessera_api::{HttpSettings, Services};
use tessera_domain::{Allowance, Quota};
use tessera_services::auth::{MockAuthService, RegisterError};
use tessera_services::limits::{Policy, Standing, TooManyAttempts};
use tessera_services::one_time::MockOneTimeTokenService;
use tessera_services::orchestrator::RequestTokenError;
use tessera_services::tokens::MockTokenService;
use tessera_services::{ClientInfo, Outage};

use crate::support::{
    CREATE, LOGIN, MockDemonstration, MockLogin, REFRESH, REQUEST_TOKEN, bearer, get, post, post_json, send, send_with,
    services, tokens, with_auth, with_demonstration, with_login, with_tokens,
};

const POLICY: &str = r#""passwords";q=10;w=300"#;

/// A client used up its quota.
fn used_up(client: &ClientInfo) -> Outage {
    let retry_after = Duration::from_millis(29_400);
    note(client, Allowance { allowed: false, remaining: 0, retry_after, reset_after: Duration::from_mins(5) });
    TooManyAttempts { retry_after }.into()
}

/// A client made its first attempt.
fn note_first(client: &ClientInfo) {
    let (retry_after, reset_after) = (Duration::ZERO, Duration::from_secs(30));
    note(client, Allowance { allowed: true, remaining: 9, retry_after, reset_after });
}

fn note(client: &ClientInfo, allowance: Allowance) {
    let quota = Quota::new(10, Duration::from_mins(5)).expect("a quota");
    client.standings.note(Standing { policy: Policy::Passwords, quota, allowance });
}

/// Every endpoint where something can be guessed, at its limit, and what its contract says then.
fn limited() -> Vec<(Services, TestRequest, Value)> {
    let login = || {
        let mut login = MockLogin::new();
        login.expect_request_token().returning(|request| Err(used_up(&request.client).into()));
        with_login(login)
    };
    let register = || {
        let mut auth = MockAuthService::new();
        auth.expect_register().returning(|command| Err(RegisterError::Outage(used_up(&command.client))));
        with_auth(auth)
    };
    let mut refresh = MockTokenService::new();
    refresh.expect_refresh().returning(|_, _, client| Err(used_up(client).into()));
    let mut demonstration = MockDemonstration::new();
    demonstration.expect_request_token().returning(|request| Err(used_up(&request.client).into()));
    let mut consume = MockOneTimeTokenService::new();
    consume.expect_consume().returning(|_, _, client| Err(used_up(client).into()));
    let consume = Services { one_time_tokens: Arc::new(consume), tokens: Arc::new(tokens()), ..services() };

    let words = "Too many requests. Try again later.";
    let (users, fastapi) = (json!({"message": words}), json!({"detail": "Too Many Requests"}));
    let credentials = r#"{"email":"ana@example.com","username":"ana","password":"a long walk"}"#;
    let correo = r#"{"correo":"ana@example.com","nombre":"Ana","password":"a long walk"}"#;
    vec![
        (login(), post_json(LOGIN, credentials), users.clone()),
        (login(), post_json("/api/login/", credentials), users.clone()),
        (register(), post_json(CREATE, credentials), users.clone()),
        (with_tokens(refresh), post(REFRESH).insert_header(("X-Refresh-Token", "a.b.c")), users),
        (login(), post_json("/auth/login", correo), fastapi.clone()),
        (register(), post_json("/auth/register", correo), fastapi.clone()),
        (consume, post_json("/token/validate", r#"{"token":"x"}"#).insert_header(bearer("good")), fastapi),
        (with_demonstration(demonstration), post_json(REQUEST_TOKEN, credentials), json!({"detail": words})),
    ]
}

#[actix_web::test]
async fn over_a_limit_each_contract_says_so_in_its_own_shape() {
    for (services, request, body) in limited() {
        let answer = send(&services, request).await;
        answer.is(429, &body);
        assert_eq!(answer.header("retry-after"), Some("30"), "rounded up");
        assert_eq!(answer.header("ratelimit"), Some(r#""passwords";r=0;t=300"#));
        assert_eq!(answer.header("ratelimit-policy"), Some(POLICY));
        assert_eq!(answer.header("www-authenticate"), None, "it says nothing about the credentials");
    }
}

#[actix_web::test]
async fn whoever_is_within_a_limit_sees_it_too() {
    let mut login = MockLogin::new();
    login.expect_request_token().returning(|request| {
        note_first(&request.client);
        Err(RequestTokenError::WrongCredentials)
    });
    let body = r#"{"email":"ana@example.com","password":"a long walk"}"#;
    let answer = send(&with_login(login), post_json(LOGIN, body)).await;
    answer.is(401, &json!({"message": "Invalid email or password"}));
    assert_eq!(answer.header("ratelimit"), Some(r#""passwords";r=9;t=30"#));
    assert_eq!(answer.header("ratelimit-policy"), Some(POLICY));
    assert_eq!(answer.header("retry-after"), None);
}

#[actix_web::test]
async fn what_meets_no_limit_tells_of_none() {
    let malformed = send(&services(), post_json(LOGIN, "{")).await;
    let elsewhere = send(&services(), get("/livez")).await;
    for answer in [malformed, elsewhere] {
        assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), (None, None));
    }
}

/// The address that a login is counted by.
async fn counted_as(proxies: &str, request: TestRequest) -> String {
    let seen = Arc::new(std::sync::Mutex::new(None));
    let mut login = MockLogin::new();
    let noted = Arc::clone(&seen);
    login.expect_request_token().returning(move |request| {
        *noted.lock().expect("unpoisoned") = request.client.ip;
        Err(RequestTokenError::WrongCredentials)
    });
    let settings =
        HttpSettings { proxies: TrustedProxies::parse(proxies).expect("networks"), ..HttpSettings::default() };
    let body = r#"{"email":"ana@example.com","password":"a long walk"}"#;
    let request = request.uri(LOGIN).insert_header(("Content-Type", "application/json")).set_payload(body);
    assert_eq!(send_with(&with_login(login), settings, request).await.status, 401);
    let ip = *seen.lock().expect("unpoisoned");
    ip.map(|ip| ip.to_string()).unwrap_or_default()
}

#[actix_web::test]
async fn a_forwarding_header_counts_from_a_configured_proxy_alone() {
    let forwarded = |peer: &str| {
        let request = TestRequest::post().peer_addr(peer.parse().expect("an address"));
        request.insert_header(("X-Forwarded-For", "192.0.2.7")).insert_header(("X-Real-IP", "192.0.2.8"))
    };
    assert_eq!(counted_as("", forwarded("10.0.0.1:7")).await, "10.0.0.1");
    assert_eq!(counted_as("10.0.0.0/8", forwarded("10.0.0.1:7")).await, "192.0.2.7");
    assert_eq!(counted_as("10.0.0.0/8", forwarded("11.0.0.1:7")).await, "11.0.0.1");
    let garbage = forwarded("10.0.0.1:7").insert_header(("X-Forwarded-For", "192.0.2.7, ';--"));
    assert_eq!(counted_as("10.0.0.0/8", garbage).await, "10.0.0.1");
}
