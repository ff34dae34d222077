//! The contract `accounts`: signing up, logging in, going on, logging out.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::Services;
use tessera_domain::{
    Identifier, OnRetry, PasswordProblem, Privileges, RefreshPolicy, RefreshToken, Rotation, Timestamp, User,
};
use tessera_services::account::{MockAccountService, SignUpError};
use tessera_services::auth::{RegisterError, RegisterUser};
use tessera_services::orchestrator::{LoginGrant, LoginRequest, Refusal, RequestTokenError};
use tessera_services::tokens::{LogOutError, MockTokenService, RefreshError};

use crate::support::{
    MockLogin, ana, bearer, caller, form, outage, pair, post, post_json, send, services, tokens, with_accounts,
    with_login, with_tokens,
};

const REGISTER: &str = "/api/auth/register/";
const LOGIN: &str = "/api/auth/login/";
const REFRESH: &str = "/api/auth/refresh/";
const LOGOUT: &str = "/api/auth/logout/";

const NEW: &str = r#"{"email":"Ana@Example.com","full_name":"Ana López","password":"SecurePass123!",
    "password_confirm":"SecurePass123!"}"#;
const CREDENTIALS: &str = r#"{"email":"Ana@Example.com","password":"SecurePass123!"}"#;
const INVALID_TOKEN: Option<&str> = Some("Bearer error=\"invalid_token\"");

/// The account as its owner sees it, its members in their order.
const ANA: &str = r#"{"id":"01010101-0101-0101-0101-010101010101","email":"ana@example.com","full_name":null,"username":"Ana","is_verified":false,"created_at":"2024-01-01T00:00:00Z","last_login":null}"#;
const TOKENS: &str = r#"{"refresh":"new.refresh","access":"new.access"}"#;

fn signs_up(expected: fn(&RegisterUser) -> bool) -> Services {
    let mut accounts = MockAccountService::new();
    let grant = || LoginGrant { user: ana(), tokens: pair() };
    accounts.expect_sign_up().withf(expected).times(1).returning(move |_| Ok(grant()));
    with_accounts(accounts)
}

fn refuses(error: fn() -> RegisterError) -> Services {
    let mut accounts = MockAccountService::new();
    accounts.expect_sign_up().returning(move |_| Err(SignUpError::Register(error())));
    with_accounts(accounts)
}

fn logs_in(expected: fn(&LoginRequest) -> bool, user: User) -> Services {
    let mut login = MockLogin::new();
    login
        .expect_request_token()
        .withf(expected)
        .times(1)
        .returning(move |_| Ok(LoginGrant { user: user.clone(), tokens: pair() }));
    with_login(login)
}

fn turns_away(error: fn() -> RequestTokenError) -> Services {
    let mut login = MockLogin::new();
    login.expect_request_token().returning(move |_| Err(error()));
    with_login(login)
}

fn refreshing(answer: fn() -> Result<tessera_domain::TokenPair, RefreshError>) -> Services {
    let kept = RefreshPolicy { rotation: Rotation::Keep, on_retry: OnRetry::Refuse };
    let mut tokens = MockTokenService::new();
    tokens
        .expect_refresh()
        .withf(move |token, policy, _| token.expose() == "old.refresh" && *policy == kept)
        .times(1)
        .returning(move |_, _, _| answer());
    with_tokens(tokens)
}

fn ending(refresh: Option<&'static str>, answer: fn() -> Result<(), LogOutError>) -> Services {
    let mut tokens = tokens();
    tokens
        .expect_log_out()
        .withf(move |who, given, _| *who == caller() && given.as_ref().map(RefreshToken::expose) == refresh)
        .times(1)
        .returning(move |_, _, _| answer());
    with_tokens(tokens)
}

async fn fields(request: TestRequest) -> Value {
    let answer = send(&services(), request).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    answer.json()
}

#[actix_web::test]
async fn who_signs_up_is_logged_in_at_once() {
    let expected = format!(r#"{{"message":"User registered successfully","user":{ANA},"tokens":{TOKENS}}}"#);
    let encoded = "email=Ana%40Example.com&full_name=Ana+L%C3%B3pez&password=SecurePass123%21\
                   &password_confirm=SecurePass123!";
    for request in [post_json(REGISTER, NEW), post_json("/api/auth/register", NEW), form(REGISTER, encoded)] {
        let services = signs_up(|new| {
            new.email.as_str() == "ana@example.com"
                && new.full_name.as_ref().is_some_and(|name| name.as_str() == "Ana López")
                && new.username.is_none()
                && new.password.expose() == "SecurePass123!"
        });
        let answer = send(&services, request).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &expected));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn nobody_makes_themselves_staff_or_verified() {
    let privileged = NEW.replacen('{', r#"{"is_staff":true,"is_superuser":true,"is_verified":true,"id":"x","#, 1);
    let services = signs_up(|new| new.privileges == Privileges::None);
    assert_eq!(send(&services, post_json(REGISTER, &privileged)).await.status, 201);
}

#[actix_web::test]
async fn every_wrong_member_is_named_at_once() {
    let required = ["This field is required."];
    let all = json!({"email": required, "full_name": required, "password": required, "password_confirm": required});
    assert_eq!(fields(post_json(REGISTER, "{}")).await, all);
    assert_eq!(fields(form(REGISTER, "a=b")).await, all);
    let odd = r#"{"email":"no address","full_name":"  ","password":"a\u0000b","password_confirm":7}"#;
    let expected = json!({
        "email": ["Enter a valid email address."],
        "full_name": ["This field may not be blank."],
        "password": ["Null characters are not allowed."],
        "password_confirm": ["Not a valid string."],
    });
    assert_eq!(fields(post_json(REGISTER, odd)).await, expected);
}

#[actix_web::test]
async fn a_password_is_judged_before_it_is_compared() {
    let differ = NEW.replace(r#""password_confirm":"SecurePass123!""#, r#""password_confirm":"SecurePass124!""#);
    let words = json!({"non_field_errors": ["Passwords don't match"]});
    assert_eq!(fields(post_json(REGISTER, &differ)).await, words);
    let weak = differ.replace(r#""password":"SecurePass123!""#, r#""password":"password""#);
    assert_eq!(fields(post_json(REGISTER, &weak)).await, json!({"password": ["This password is too common."]}));
}

#[actix_web::test]
async fn what_is_weak_or_taken_is_named() {
    let weak = refuses(|| RegisterError::WeakPassword(vec![PasswordProblem::EntirelyNumeric]));
    let words = json!({"password": ["This password is entirely numeric."]});
    send(&weak, post_json(REGISTER, NEW)).await.is(400, &words);
    let taken = refuses(|| RegisterError::Taken { email: true, username: false });
    let words = json!({"email": ["User with this email already exists."]});
    send(&taken, post_json(REGISTER, NEW)).await.is(400, &words);
}

#[actix_web::test]
async fn a_login_is_answered_with_the_account_and_its_tokens() {
    let user = User { last_login: Some(Timestamp::from_unix_micros(1_704_067_260_250_000)), ..ana() };
    let shown = ANA.replace(r#""last_login":null"#, r#""last_login":"2024-01-01T00:01:00.250000Z""#);
    let expected = format!(r#"{{"message":"Login successful","user":{shown},"tokens":{TOKENS}}}"#);
    let encoded = "email=ana%40example.com&password=SecurePass123%21";
    for request in [post_json(LOGIN, CREDENTIALS), post_json("/api/auth/login", CREDENTIALS), form(LOGIN, encoded)] {
        let is_ana = |request: &LoginRequest| {
            matches!(&request.identifier, Some(Identifier::Email(email)) if email.as_str() == "ana@example.com")
                && request.password.expose() == "SecurePass123!"
        };
        let answer = send(&logs_in(is_ana, user.clone()), request).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &expected));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn wrong_unknown_and_disabled_are_one_answer() {
    let words = json!({"non_field_errors": ["Invalid email or password"]});
    for error in [(|| RequestTokenError::WrongCredentials) as fn() -> _, || Refusal::Inactive.into()] {
        let answer = send(&turns_away(error), post_json(LOGIN, CREDENTIALS)).await;
        answer.is(401, &words);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let blank = fields(post_json(LOGIN, r#"{"email":"ana@example.com","password":" "}"#)).await;
    assert_eq!(blank, json!({"password": ["This field may not be blank."]}));
    let away = send(&turns_away(|| outage().into()), post_json(LOGIN, CREDENTIALS)).await;
    away.is(503, &json!({"detail": "The service is temporarily unavailable. Try again later."}));
    assert_eq!(away.header("retry-after"), Some("3"));
}

#[actix_web::test]
async fn a_refresh_keeps_its_token_and_needs_no_bearer() {
    let body = r#"{"refresh":" old.refresh "}"#;
    let plain =
        || [post_json(REFRESH, body), post_json("/api/auth/refresh", body), form(REFRESH, "refresh=old.refresh")];
    for request in plain().into_iter().chain(plain().map(|request| request.insert_header(bearer("bad")))) {
        send(&refreshing(|| Ok(pair())), request).await.is(200, &json!({"access": "new.access"}));
    }
}

#[actix_web::test]
async fn without_a_refresh_token_there_is_nothing_to_refresh() {
    let words = json!({"error": "Refresh token is required"});
    for body in ["{}", r#"{"refresh":null}"#, r#"{"refresh":""}"#, r#"{"refresh":7}"#, r#"{"refresh_token":"x"}"#] {
        send(&services(), post_json(REFRESH, body)).await.is(400, &words);
    }
    send(&services(), post(REFRESH)).await.is(400, &words);
    send(&services(), form(REFRESH, "")).await.is(400, &words);
    let broken = send(&services(), post_json(REFRESH, "{")).await;
    broken.is(400, &json!({"detail": "The request body is malformed."}));
}

#[actix_web::test]
async fn a_refresh_token_that_does_not_count_is_one_answer() {
    let request = || post_json(REFRESH, r#"{"refresh":"old.refresh"}"#);
    for error in [(|| Err(RefreshError::Invalid)) as fn() -> _, || Err(RefreshError::Revoked)] {
        let answer = send(&refreshing(error), request()).await;
        answer.is(401, &json!({"error": "Invalid refresh token"}));
        assert_eq!(answer.header("www-authenticate"), INVALID_TOKEN);
    }
    let away = send(&refreshing(|| Err(outage().into())), request()).await;
    assert_eq!((away.status.as_u16(), away.header("www-authenticate")), (503, None));
}

#[actix_web::test]
async fn a_logout_takes_a_refresh_token_if_there_is_one() {
    let done = json!({"message": "Logout successful"});
    let with = |body: &str| post_json(LOGOUT, body).insert_header(bearer("good"));
    for body in ["{}", r#"{"refresh":null}"#, r#"{"refresh":" "}"#] {
        send(&ending(None, || Ok(())), with(body)).await.is(200, &done);
    }
    send(&ending(None, || Ok(())), post("/api/auth/logout").insert_header(bearer("good"))).await.is(200, &done);
    let given = r#"{"refresh":"old.refresh"}"#;
    send(&ending(Some("old.refresh"), || Ok(())), with(given)).await.is(200, &done);
    let encoded = form(LOGOUT, "refresh=old.refresh").insert_header(bearer("good"));
    send(&ending(Some("old.refresh"), || Ok(())), encoded).await.is(200, &done);
}

#[actix_web::test]
async fn a_logout_with_a_token_that_is_not_ones_own_ends_nothing() {
    let invalid = json!({"error": "Invalid token"});
    let request = |body: &str| post_json(LOGOUT, body).insert_header(bearer("good"));
    for error in [(|| Err(LogOutError::InvalidRefresh)) as fn() -> _, || Err(LogOutError::NotYours)] {
        let answer = send(&ending(Some("old.refresh"), error), request(r#"{"refresh":"old.refresh"}"#)).await;
        answer.is(400, &invalid);
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let number = send(&with_tokens(tokens()), request(r#"{"refresh":7}"#)).await;
    number.is(400, &invalid);
    let away = send(&ending(None, || Err(outage().into())), request("{}")).await;
    assert_eq!(away.status, 503);
}
