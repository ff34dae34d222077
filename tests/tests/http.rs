//! What surrounds the contracts: root, health, keys, request ids, headers, and connections that misbehave.

#![cfg(test)]

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tessera_tests::{Storage, TestServer, on_every_storage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

on_every_storage! {
    the_operator_can_see_that_it_lives
    a_client_that_hangs_up_in_the_middle_leaves_a_whole_account_or_none
}

async fn the_operator_can_see_that_it_lives(storage: Storage) {
    let server = TestServer::on(storage).await;
    for path in ["/livez", "/readyz", "/api/health/", "/api/health", "/api/", "/api"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let health = server.get("/api/health/").await.json();
    let backends = health["backends"].as_object().expect("backends");
    assert_eq!(backends.keys().collect::<Vec<_>>(), storage.backends());
    assert!(health["status"] == "ok" && backends.values().all(|backend| backend["status"] == "ok"), "{health}");
    let root = server.get("/api/").await.json();
    for link in root.as_object().expect("links").values() {
        assert_eq!(server.get(link.as_str().expect("a path")).await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn a_stranger_verifies_an_access_token_with_the_key_set_alone() {
    let server = TestServer::start().await;
    let (access, _) = server.sign_up("ana").await;
    let answer = server.get("/.well-known/jwks.json").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    let keys: JwkSet = serde_json::from_slice(&answer.bytes).expect("a key set");
    let kid = jsonwebtoken::decode_header(&access).expect("a header").kid.expect("a kid");
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("the key is published")).expect("a key");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_issuer(&["tessera"]);
    let claims = jsonwebtoken::decode::<Value>(&access, &key, &validation).expect("verified").claims;
    assert_eq!(claims["user_id"], claims["sub"]);
    assert_eq!(claims["token_type"], "access");
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(900));
    assert!(claims.get("aud").is_none() && claims["jti"].is_string() && claims["sid"].is_string());
}

#[tokio::test]
async fn a_shared_secret_is_not_published() {
    let server = TestServer::start_with(&[("JWT_ALGORITHM", "HS256")]).await;
    server.sign_up("ana").await;
    assert_eq!(server.get("/.well-known/jwks.json").await.json(), json!({"keys": []}));
}

#[tokio::test]
async fn every_answer_has_its_headers_and_an_id() {
    let server = TestServer::start().await;
    for (method, path, body) in [
        ("GET", "/api/v1/users", ""),
        ("GET", "/nowhere", ""),
        ("POST", "/api/v1/user/login", "{"),
        ("DELETE", "/api/v1/users", ""),
        ("GET", "/livez", ""),
        ("GET", "/%zz", ""),
    ] {
        let headers = [("content-type", "application/json"), ("x-request-id", "a-client.s_own-1")];
        let answer = server.send(method, path, &headers, body).await;
        assert_eq!(answer.headers["x-request-id"], "a-client.s_own-1", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        assert!(!answer.headers.contains_key("server"), "{path}");
    }
    let forged = server.send("GET", "/livez", &[("x-request-id", "no blanks, no {braces}")], "").await;
    assert_ne!(forged.headers["x-request-id"], "no blanks, no {braces}");
}

#[tokio::test]
async fn outside_the_contracts_an_error_is_a_problem() {
    let server = TestServer::start().await;
    let answer = server.get("/nowhere").await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!((answer.status, &answer.json()["status"]), (404, &json!(404)));
}

async fn a_client_that_hangs_up_in_the_middle_leaves_a_whole_account_or_none(storage: Storage) {
    let server = TestServer::on(storage).await;
    let body = json!({"username": "ana", "email": "ana@example.com", "password": "a long walk by the sea"}).to_string();
    let request = format!(
        "POST /api/v1/user/create HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for cut in [20, request.len() / 2, request.len() - 1, request.len()] {
        let mut stream = TcpStream::connect(server.authority()).await.expect("connected");
        stream.write_all(&request.as_bytes()[..cut]).await.expect("sent");
        // A reset, not an orderly end: unread or unsent data is thrown away.
        #[expect(deprecated, reason = "zero seconds do not block; they make the close a reset")]
        stream.set_linger(Some(Duration::ZERO)).expect("set");
        drop(stream);
    }
    // Whatever became of the last one, the name is either free or works.
    let again = server.send("POST", "/api/v1/user/create", &[("content-type", "application/json")], &body).await;
    assert!([201, 400].contains(&again.status), "{}", again.json());
    server.log_in("ana").await;
}

#[tokio::test]
async fn what_is_no_http_gets_an_end_and_harms_nobody() {
    let server = TestServer::start().await;
    for garbage in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.authority()).await.expect("connected");
        stream.write_all(garbage.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_body_is_limited_declared_or_not() {
    let server = TestServer::start().await;
    let large = format!("{{\"email\":\"{}\"}}", "x".repeat(70_000));
    let answer = server.send("POST", "/api/v1/user/login", &[("content-type", "application/json")], &large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["message"].is_string());

    let mut stream = TcpStream::connect(server.authority()).await.expect("connected");
    let head = "POST /api/v1/user/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    for _ in 0..5 {
        // The server may answer before it was sent everything.
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}
