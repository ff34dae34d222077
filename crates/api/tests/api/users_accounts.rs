//! The contract `users`: creating accounts and logging in.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::Services;
use tessera_domain::{Identifier, PasswordAttribute, PasswordProblem, Privileges};
use tessera_services::auth::{MockAuthService, RegisterError, RegisterUser};
use tessera_services::orchestrator::{LoginGrant, LoginRequest, Refusal, RequestTokenError};

use crate::support::{
    ANAS_ID, CREATE, LOGIN, MockLogin, ana, outage, pair, post, post_json, send, services, with_auth, with_login,
};

const ACCOUNT: &str = "/api/account/create/";
const ALIAS: &str = "/api/login/";
const NEW: &str = r#"{"username":"Ana","email":"Ana@Example.com","password":"securepassword123"}"#;
const CREDENTIALS: &str = r#"{"email":"Ana@Example.com","password":"securepassword123"}"#;

fn registers(expected: fn(&RegisterUser) -> bool) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_register().withf(expected).times(1).returning(|_| Ok(ana()));
    with_auth(auth)
}

fn refuses(error: fn() -> RegisterError) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_register().returning(move |_| Err(error()));
    with_auth(auth)
}

fn logs_in(expected: fn(&LoginRequest) -> bool) -> Services {
    let mut login = MockLogin::new();
    login.expect_request_token().withf(expected).times(1).returning(|_| Ok(LoginGrant { user: ana(), tokens: pair() }));
    with_login(login)
}

fn turns_away(error: fn() -> RequestTokenError) -> Services {
    let mut login = MockLogin::new();
    login.expect_request_token().returning(move |_| Err(error()));
    with_login(login)
}

async fn fields(request: TestRequest) -> Value {
    let answer = send(&services(), request).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    answer.json()
}

fn created() -> Value {
    json!({"id": ANAS_ID, "username": "Ana", "email": "ana@example.com", "date_joined": "2024-01-01T00:00:00Z"})
}

#[actix_web::test]
async fn a_new_account_is_shown_to_its_owner() {
    for path in [CREATE, "/api/v1/user/create/", "/api/account/create", ACCOUNT] {
        let services = registers(|new| {
            new.email.as_str() == "ana@example.com"
                && new.username.as_ref().is_some_and(|name| name.as_str() == "Ana")
                && new.password.expose() == "securepassword123"
        });
        send(&services, post_json(path, NEW)).await.is(201, &created());
    }
}

#[actix_web::test]
async fn nobody_makes_themselves_staff() {
    let body = r#"{"username":"Ana","email":"ana@example.com","password":"securepassword123","is_staff":true,
        "is_superuser":true,"is_verified":true,"id":"x","privileges":"Superuser","full_name":"Eve"}"#;
    let services = registers(|new| new.privileges == Privileges::None && new.full_name.is_none());
    send(&services, post_json(CREATE, body)).await.is(201, &created());
}

#[actix_web::test]
async fn every_wrong_member_is_named_at_once() {
    let required = ["This field is required."];
    let all = json!({"username": required, "email": required, "password": required});
    assert_eq!(fields(post_json(CREATE, "{}")).await, all);
    let odd = r#"{"username":null,"email":["a"],"password":"  "}"#;
    let expected = json!({
        "username": ["This field may not be null."],
        "email": ["Not a valid string."],
        "password": ["This field may not be blank."],
    });
    assert_eq!(fields(post_json(ACCOUNT, odd)).await, expected);
    let malformed = r#"{"username":"a b","email":"a@b","password":"a\u0000b"}"#;
    let username = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    let expected = json!({
        "username": [username],
        "email": ["Enter a valid email address."],
        "password": ["Null characters are not allowed."],
    });
    assert_eq!(fields(post_json(CREATE, malformed)).await, expected);
    let long = |n: usize| "a".repeat(n);
    let body =
        format!(r#"{{"username":"{}","email":"{}@example.com","password":"{}"}}"#, long(151), long(250), long(1_025));
    let expected = json!({
        "username": ["Ensure this field has no more than 150 characters."],
        "email": ["Ensure this field has no more than 254 characters."],
        "password": ["Ensure this field has no more than 1024 bytes."],
    });
    assert_eq!(fields(post_json(CREATE, &body)).await, expected);
    let control = r#"{"username":"a\u0007","email":"a\n@example.com","password":"securepassword123"}"#;
    let words = ["Control characters are not allowed."];
    assert_eq!(fields(post_json(CREATE, control)).await, json!({"username": words, "email": words}));
}

#[actix_web::test]
async fn a_weak_password_is_told_why() {
    let services = refuses(|| {
        RegisterError::WeakPassword(vec![
            PasswordProblem::TooSimilar(PasswordAttribute::Username),
            PasswordProblem::TooShort { min: 8 },
            PasswordProblem::TooCommon,
            PasswordProblem::EntirelyNumeric,
        ])
    });
    let expected = json!({"password": [
        "The password is too similar to the username.",
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
        "This password is entirely numeric.",
    ]});
    send(&services, post_json(CREATE, NEW)).await.is(400, &expected);
}

#[actix_web::test]
async fn what_is_taken_is_named() {
    let email = ["User with this email already exists."];
    let username = ["User with this username already exists."];
    let email_only = refuses(|| RegisterError::Taken { email: true, username: false });
    send(&email_only, post_json(CREATE, NEW)).await.is(400, &json!({"email": email}));
    let username_only = refuses(|| RegisterError::Taken { email: false, username: true });
    send(&username_only, post_json(CREATE, NEW)).await.is(400, &json!({"username": username}));
    let both = refuses(|| RegisterError::Taken { email: true, username: true });
    send(&both, post_json(ACCOUNT, NEW)).await.is(400, &json!({"email": email, "username": username}));
}

#[actix_web::test]
async fn a_form_is_no_json() {
    for path in [CREATE, LOGIN, ACCOUNT, ALIAS] {
        let form = post(path).insert_header(("Content-Type", "application/x-www-form-urlencoded"));
        assert_eq!(send(&services(), form.set_payload("email=a&password=b")).await.status, 415, "{path}");
    }
}

#[actix_web::test]
async fn a_login_is_answered_with_tokens() {
    let expected = json!({
        "message": "Login successful",
        "access_token": "new.access",
        "refresh_token": "new.refresh",
        "user": {"id": ANAS_ID, "username": "Ana", "email": "ana@example.com"},
    });
    for path in [LOGIN, "/api/v1/user/login/", "/api/login", ALIAS] {
        let services = logs_in(|request| {
            matches!(&request.identifier, Some(Identifier::Email(email)) if email.as_str() == "ana@example.com")
                && request.password.expose() == "securepassword123"
        });
        let answer = send(&services, post_json(path, CREDENTIALS)).await;
        answer.is(200, &expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn a_login_notes_its_peer_and_believes_no_forwarding_header() {
    let services = logs_in(|request| {
        request.client.ip.is_some_and(|ip| ip.to_string() == "192.0.2.7")
            && request.client.user_agent == Some("curl/8".into())
    });
    let peer = "192.0.2.7:4711".parse().expect("an address");
    let request = post_json(LOGIN, CREDENTIALS)
        .peer_addr(peer)
        .insert_header(("User-Agent", "curl/8"))
        .insert_header(("X-Forwarded-For", "203.0.113.1"))
        .insert_header(("Forwarded", "for=203.0.113.1"))
        .insert_header(("X-Real-IP", "203.0.113.1"));
    assert_eq!(send(&services, request).await.status, 200);
}

#[actix_web::test]
async fn the_alias_takes_a_username_in_place_of_the_address() {
    let by_username = r#"{"username":"Ana","password":"securepassword123"}"#;
    let services =
        logs_in(|request| matches!(&request.identifier, Some(Identifier::Username(name)) if name.key() == "ana"));
    assert_eq!(send(&services, post_json(ALIAS, by_username)).await.status, 200);
    let required = json!({"email": ["This field is required."]});
    assert_eq!(fields(post_json(LOGIN, by_username)).await, required);
    assert_eq!(fields(post_json(ALIAS, r#"{"password":"securepassword123"}"#)).await, required);
    let null = r#"{"username":null,"password":"securepassword123"}"#;
    assert_eq!(fields(post_json(ALIAS, null)).await, json!({"username": ["This field may not be null."]}));
    let both = r#"{"username":"Eve","email":"ana@example.com","password":"securepassword123"}"#;
    let services = logs_in(|request| matches!(&request.identifier, Some(Identifier::Email(_))));
    assert_eq!(send(&services, post_json(ALIAS, both)).await.status, 200);
}

#[actix_web::test]
async fn a_password_that_cannot_be_one_costs_no_hash() {
    let long = format!(r#"{{"email":"ana@example.com","password":"{}"}}"#, "x".repeat(1_025));
    for path in [LOGIN, ALIAS] {
        let blank = fields(post_json(path, r#"{"email":"ana@example.com","password":" "}"#)).await;
        assert_eq!(blank, json!({"password": ["This field may not be blank."]}));
        let words = ["Ensure this field has no more than 1024 bytes."];
        assert_eq!(fields(post_json(path, &long)).await, json!({"password": words}));
    }
}

#[actix_web::test]
async fn wrong_and_disabled_are_one_answer() {
    let wrong = send(&turns_away(|| RequestTokenError::WrongCredentials), post_json(LOGIN, CREDENTIALS)).await;
    let disabled = send(&turns_away(|| Refusal::Inactive.into()), post_json(LOGIN, CREDENTIALS)).await;
    for answer in [wrong, disabled] {
        answer.is(401, &json!({"message": "Invalid email or password"}));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn a_backend_that_is_away_is_no_verdict() {
    let words = json!({"message": "The service is temporarily unavailable. Try again later."});
    let login = send(&turns_away(|| outage().into()), post_json(LOGIN, CREDENTIALS)).await;
    let create = send(&refuses(|| outage().into()), post_json(CREATE, NEW)).await;
    for answer in [login, create] {
        answer.is(503, &words);
        assert_eq!(answer.header("retry-after"), Some("3"));
    }
}
