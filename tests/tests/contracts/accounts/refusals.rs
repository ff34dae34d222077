//! What the framework refuses, in the shape of the contract.

use serde_json::json;
use tessera_tests::{TestServer, assert_snapshot, golden};

use super::{CHANGE, LOGIN, PROFILE, RESEND, SESSIONS, UPDATE};

#[tokio::test]
async fn what_the_framework_refuses_is_a_detail_too() {
    let server = TestServer::start().await;
    assert_snapshot!(golden::render(&server.get("/api/auth/nothing").await), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Not found."
    }
    "#);
    assert_snapshot!(golden::render(&server.get(LOGIN).await), @r#"
    405
    allow: POST
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Method not allowed."
    }
    "#);
    let broken = server.send("POST", LOGIN, &[("content-type", "application/json")], "{").await;
    assert_snapshot!(golden::render(&broken), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "detail": "The request body is malformed."
    }
    "#);
    let text = server.send("POST", LOGIN, &[("content-type", "text/plain")], "email=a").await;
    assert_snapshot!(golden::render(&text), @r#"
    415
    cache-control: no-store
    content-type: application/json

    {
      "detail": "The media type of the request body is not supported."
    }
    "#);
    let large = json!({"email": "x".repeat(70_000)});
    assert_eq!(server.post(LOGIN, &large).await.status, 413);
}

#[tokio::test]
async fn every_protected_endpoint_wants_a_bearer_in_both_forms() {
    let server = TestServer::start().await;
    for (method, path) in [
        ("GET", PROFILE),
        ("PUT", UPDATE),
        ("PATCH", UPDATE),
        ("POST", CHANGE),
        ("DELETE", PROFILE),
        ("POST", RESEND),
        ("GET", SESSIONS),
        ("DELETE", SESSIONS),
        ("DELETE", "/api/auth/sessions/x/"),
    ] {
        for path in [path, path.trim_end_matches('/')] {
            let answer = server.send(method, path, &[], "").await;
            let words = json!({"detail": "Authentication credentials were not provided."});
            assert_eq!((answer.status, answer.json()), (401, words), "{method} {path}");
        }
    }
}
