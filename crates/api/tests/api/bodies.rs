//! Bodies: what is read, and what is refused before any service hears of it (requirement H1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tessera_services::auth::MockAuthService;

use crate::support::{CREATE, LOGIN, REQUEST_TOKEN, ana, post, post_json, send, services, with_auth};

const MALFORMED: &str = "The request body is malformed.";
const UNSUPPORTED: &str = "The media type of the request body is not supported.";

fn nested(depth: usize) -> String {
    let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
    format!(r#"{{"username":"ana","email":"ana@example.com","password":"securepassword123","x":{open}{close}}}"#)
}

#[actix_web::test]
async fn a_body_that_is_not_one_clear_object_is_malformed() {
    for body in [
        "",
        "null",
        "[]",
        r#"["ana","ana@example.com","securepassword123"]"#,
        "\"x\"",
        "{",
        r#"{"password":"hunter2!""#,
        r#"{"password":"hunter2!"}}"#,
        r#"{"password":"hunter2!"} x"#,
        r#"{"password":"hunter2!","password":"hunter2!"}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"unknown":{"b":1,"b":1}}"#,
        r#"{"password":"hunter2!\ud800"}"#,
        "\u{feff}{\"password\":\"hunter2!\"}",
        &nested(33),
    ] {
        let users = send(&services(), post_json(CREATE, body)).await;
        users.is(400, &json!({"message": MALFORMED}));
        let demonstration = send(&services(), post_json(REQUEST_TOKEN, body)).await;
        demonstration.is(400, &json!({"detail": MALFORMED}));
    }
    let not_utf8 =
        post(CREATE).insert_header(("Content-Type", "application/json")).set_payload(&b"{\"a\":\"\xff\"}"[..]);
    send(&services(), not_utf8).await.is(400, &json!({"message": MALFORMED}));
}

#[actix_web::test]
async fn what_nobody_asked_for_is_ignored() {
    let calls = Arc::new(AtomicUsize::new(0));
    let mut auth = MockAuthService::new();
    auth.expect_register().returning({
        let calls = Arc::clone(&calls);
        move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
            Ok(ana())
        }
    });
    assert_eq!(send(&with_auth(auth), post_json(CREATE, &nested(32))).await.status, 201);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn the_media_type_is_json_and_nothing_like_it() {
    for content_type in [
        "text/plain",
        "text/json",
        "application/x+json",
        "application/json; charset=latin1",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let request = post(CREATE).insert_header(("Content-Type", content_type)).set_payload("{}");
        send(&services(), request).await.is(415, &json!({"message": UNSUPPORTED}));
    }
    send(&services(), post(CREATE).set_payload("{}")).await.is(415, &json!({"message": UNSUPPORTED}));
    send(&services(), post(CREATE)).await.is(400, &json!({"message": MALFORMED}));
    let twice = post_json(CREATE, "{}").append_header(("Content-Type", "text/plain"));
    send(&services(), twice).await.is(415, &json!({"message": UNSUPPORTED}));
    for content_type in ["APPLICATION/JSON", "application/json; charset=UTF-8", "application/json;charset=\"utf-8\""] {
        let request = post(CREATE).insert_header(("Content-Type", content_type)).set_payload("{}");
        assert_eq!(send(&services(), request).await.status, 400, "{content_type}");
    }
}

#[actix_web::test]
async fn a_compressed_body_is_not_unpacked() {
    for coding in ["gzip", "br", "identity, gzip", "zstd"] {
        let request = post_json(LOGIN, "{}").insert_header(("Content-Encoding", coding));
        send(&services(), request).await.is(415, &json!({"message": UNSUPPORTED}));
    }
    let plain = post_json(LOGIN, "{}").insert_header(("Content-Encoding", "identity"));
    assert_eq!(send(&services(), plain).await.status, 400);
}

#[actix_web::test]
async fn a_body_has_at_most_64_kibibytes() {
    let of_size = |size: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(size - 8));
    assert_eq!(of_size(64 * 1_024).len(), 64 * 1_024);
    let fits = send(&services(), post_json(LOGIN, &of_size(64 * 1_024))).await;
    assert_eq!(fits.status, 400, "{}", fits.body);
    assert!(fits.json()["email"].is_array());
    let streamed = send(&services(), post_json(LOGIN, &of_size(64 * 1_024 + 1))).await;
    streamed.is(413, &json!({"message": "The request body is too large."}));
    let announced = post_json(REQUEST_TOKEN, "{}").insert_header(("Content-Length", "65537"));
    send(&services(), announced).await.is(413, &json!({"detail": "The request body is too large."}));
    let absurd = post_json(REQUEST_TOKEN, "{}").insert_header(("Content-Length", "18446744073709551615"));
    assert_eq!(send(&services(), absurd).await.status, 413);
}

#[actix_web::test]
async fn a_refusal_repeats_nothing_of_the_body() {
    for body in [
        r#"{"password":"hunter2!","hunter2!":"hunter2!","email":"hunter2!","username":"hunter2!""#,
        r#"{"password":["hunter2!"],"email":"hunter2!","username":"hunter2! "}"#,
        r#"{"password":"hunter2!","email":"hunter2!\u0000","username":"<hunter2!>"}"#,
    ] {
        let answer = send(&services(), post_json(CREATE, body)).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    }
}
