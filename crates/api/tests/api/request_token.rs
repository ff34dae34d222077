//! The contract `request_token`, row by row.

use actix_web::test::TestRequest;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tessera_api::Services;
use tessera_services::orchestrator::{DemonstrationToken, Refusal, RequestTokenError};

use crate::support::{
    MockDemonstration, REQUEST_TOKEN, get, outage, post, post_json, send, services, with_demonstration,
};

const BODY: &str = r#"{"username":"user123","password":"USER123"}"#;
const REQUIRED: &str = "Username and password are required.";

fn demonstration(answer: fn() -> Result<DemonstrationToken, RequestTokenError>) -> Services {
    let mut demonstration = MockDemonstration::new();
    demonstration.expect_request_token().returning(move |_| answer());
    with_demonstration(demonstration)
}

/// A demonstration whose token is what it was asked with.
fn echo() -> Services {
    let mut demonstration = MockDemonstration::new();
    demonstration.expect_request_token().returning(|request| {
        Ok(DemonstrationToken(format!("{}|{}", request.username, request.password.expose_secret())))
    });
    with_demonstration(demonstration)
}

fn form(body: &str) -> TestRequest {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    post("/api/request-token/").insert_header(form).set_payload(body.to_owned())
}

#[actix_web::test]
async fn right_credentials_get_a_token_and_nothing_else() {
    for path in ["/api/request-token", "/api/request-token/"] {
        let answer = send(&echo(), post_json(path, BODY)).await;
        answer.is(200, &json!({"token": "user123|USER123"}));
    }
    let with_more = r#"{"username":" a b ","password":" A B ","is_staff":true,"id":[1]}"#;
    send(&echo(), post_json(REQUEST_TOKEN, with_more)).await.is(200, &json!({"token": " a b | A B "}));
}

#[actix_web::test]
async fn a_form_is_as_good_as_json() {
    let answer = send(&echo(), form("username=stra%C3%9Fe&password=STRASSE+1")).await;
    answer.is(200, &json!({"token": "straße|STRASSE 1"}));
    for malformed in ["username=a&username=a&password=A", "username=%ff&password=A", "x=1&x=2&username=a&password=A"] {
        send(&services(), form(malformed)).await.is(400, &json!({"detail": "The request body is malformed."}));
    }
    for missing in ["", "username=a", "username=a&password=", BODY] {
        send(&services(), form(missing)).await.is(400, &json!({"detail": REQUIRED}));
    }
    let multipart = post(REQUEST_TOKEN).insert_header(("Content-Type", "multipart/form-data; boundary=x"));
    assert_eq!(send(&services(), multipart).await.status, 415);
}

#[actix_web::test]
async fn what_the_orchestrator_refuses() {
    let wrong = send(&demonstration(|| Err(RequestTokenError::WrongCredentials)), post_json(REQUEST_TOKEN, BODY)).await;
    wrong.is(401, &json!({"detail": "Invalid credentials"}));
    assert_eq!(wrong.header("www-authenticate"), Some("Bearer"));
    let refused = demonstration(|| Err(Refusal::LeadingA.into()));
    let words = "Users starting with 'A' cannot be issued tokens";
    send(&refused, post_json(REQUEST_TOKEN, BODY)).await.is(400, &json!({"detail": words}));
    let away = send(&demonstration(|| Err(outage().into())), post_json(REQUEST_TOKEN, BODY)).await;
    away.is(503, &json!({"detail": "The service is temporarily unavailable. Try again later."}));
    assert_eq!(away.header("retry-after"), Some("3"));
}

#[actix_web::test]
async fn a_field_that_is_missing_empty_or_no_text_is_required() {
    for body in [
        "{}",
        r#"{"username":"a"}"#,
        r#"{"password":"A"}"#,
        r#"{"username":"","password":"A"}"#,
        r#"{"username":"a","password":""}"#,
        r#"{"username":"a","password":"   "}"#,
        r#"{"username":null,"password":"A"}"#,
        r#"{"username":1,"password":"A"}"#,
        r#"{"username":["a"],"password":"A"}"#,
        r#"{"username":"a","password":{"A":1}}"#,
        r#"{"username":"a","password":true}"#,
        r#"{"Username":"a","Password":"A"}"#,
    ] {
        send(&services(), post_json(REQUEST_TOKEN, body)).await.is(400, &json!({"detail": REQUIRED}));
    }
}

#[actix_web::test]
async fn a_field_that_is_no_reasonable_text_is_refused() {
    let long = "x".repeat(1_025);
    for (username, password) in [("a\\u0000", "A"), ("a\\u202e", "A"), ("a", "A\\u0000"), ("a", &long), (&long, "A")] {
        let body = format!(r#"{{"username":"{username}","password":"{password}"}}"#);
        let answer = send(&services(), post_json(REQUEST_TOKEN, &body)).await;
        let words = "Username or password is too long or contains control characters.";
        answer.is(400, &json!({"detail": words}));
    }
}

#[actix_web::test]
async fn where_it_is_off_there_is_nothing() {
    let off = Services { demonstration: None, ..services() };
    for request in [post_json(REQUEST_TOKEN, BODY), post_json("/api/request-token/", BODY), get(REQUEST_TOKEN)] {
        send(&off, request).await.is(404, &json!({"detail": "Not found."}));
    }
}
