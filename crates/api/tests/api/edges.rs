//! What every answer carries, whatever it is (requirements H3 and G1).

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use tessera_api::Services;
use tessera_services::health::{BackendHealth, Health, MockHealthService};

use crate::support::{Answer, CREATE, LOGOUT, REQUEST_TOKEN, bearer, get, key_set, post, post_json, send, services};

fn down() -> Services {
    let mut health = MockHealthService::new();
    let latency = std::time::Duration::ZERO;
    let backend = BackendHealth { name: "sqlite", is_needed: true, is_up: false, concern: None, latency };
    health.expect_report().returning(move || Health { is_stopping: false, backends: vec![backend.clone()] });
    Services { health: Arc::new(health), keys: key_set(Vec::new()), ..services() }
}

/// One answer of every kind.
async fn answers() -> Vec<(u16, Answer)> {
    let exotic = TestRequest::with_uri(CREATE).method(Method::from_bytes(b"FOO").expect("a method"));
    let too_large = post_json(CREATE, "{}").insert_header(("Content-Length", "9999999"));
    let requests = [
        (200, get("/livez")),
        (200, get("/.well-known/jwks.json")),
        (400, post_json(CREATE, "{}")),
        (400, post_json(CREATE, "{")),
        (400, post_json(REQUEST_TOKEN, "{}")),
        (401, post(LOGOUT)),
        (401, post(LOGOUT).insert_header(bearer("bad"))),
        (404, get("/api/v1/nothing")),
        (404, get("/nothing")),
        (405, get(CREATE)),
        (405, exotic),
        (413, too_large),
        (415, post(CREATE).set_payload("x")),
        (500, post_json(REQUEST_TOKEN, r#"{"username":"a","password":"A"}"#)),
        (503, get("/readyz")),
        (503, post(LOGOUT).insert_header(bearer("unlucky"))),
    ];
    let mut answers = Vec::new();
    for (status, request) in requests {
        answers.push((status, send(&down(), request).await));
    }
    answers
}

#[actix_web::test]
async fn every_answer_has_the_security_headers_and_no_version() {
    for (status, answer) in answers().await {
        assert_eq!(answer.status, status, "{}", answer.body);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{status} {name}");
            assert_eq!(answer.headers.get_all(name).count(), 1, "{status} {name}");
        }
        assert_eq!((answer.header("server"), answer.header("x-powered-by")), (None, None));
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 16));
    }
}

#[actix_web::test]
async fn every_answer_is_json_that_nobody_stores_but_the_key_set() {
    for (status, answer) in answers().await {
        let is_key_set = answer.body.starts_with("{\"keys\"");
        let caching = if is_key_set { "public, max-age=300" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(caching), "{status}");
        let content_type = answer.header("content-type").expect("a type");
        assert!(["application/json", "application/problem+json"].contains(&content_type), "{content_type}");
        assert!(answer.json().is_object());
    }
}

#[actix_web::test]
async fn a_401_names_its_scheme_and_a_503_its_moment() {
    for (status, answer) in answers().await {
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.is_some_and(|challenge| challenge.starts_with("Bearer")), status == 401, "{status}");
        let moment = answer.header("retry-after").map(|seconds| seconds.parse::<u64>().expect("seconds"));
        assert_eq!(moment.is_some_and(|seconds| seconds >= 1), status == 503, "{status}");
    }
}

#[actix_web::test]
async fn a_request_keeps_the_id_it_came_with() {
    for (given, is_kept) in [("client.id_1-2", true), ("a b", false), ("", false), ("<script>", false)] {
        for path in ["/livez", "/nothing"] {
            let answer = send(&down(), get(path).insert_header(("X-Request-Id", given))).await;
            assert_eq!(answer.header("x-request-id") == Some(given), is_kept, "{given}");
            assert_eq!(answer.headers.get_all("x-request-id").count(), 1);
        }
    }
    let long = "x".repeat(65);
    let answer = send(&down(), get("/livez").insert_header(("X-Request-Id", long.as_str()))).await;
    assert_ne!(answer.header("x-request-id"), Some(long.as_str()));
}
