//! The running server keeps its one-time tokens where it was told to.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};
use tessera_domain::{OneTimePurpose, OneTimeSecret, Timestamp};
use tessera_repositories::OneTimeTokenRepository as _;
use tessera_server::config::{Config, Environment};
use tessera_server::start;

use crate::overrides;
use crate::tokens::MemoryOneTimeTokens;

/// Long before any token expires.
const EARLY: Timestamp = Timestamp::from_unix_seconds(0);

/// `POST path`, and the body of the answer.
fn post(addr: SocketAddr, path: &str, bearer: &str, body: &Value) -> Value {
    let (mut connection, body) = (TcpStream::connect(addr).expect("it listens"), body.to_string());
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: tessera\r\nConnection: close\r\nContent-Length: {length}\r\n");
    let headers = format!("Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\n");
    write!(connection, "{head}{headers}\r\n{body}").expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("answered");
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON")
}

#[test]
fn the_documentation_quotes_this_example() {
    let (page, code) = (include_str!("../../../../docs/swapping-repositories.md"), include_str!("main.rs"));
    let quotes: Vec<_> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(quotes.len(), 2);
    for line in quotes.iter().flat_map(|quote| quote.lines()).map(str::trim) {
        assert!(code.lines().any(|ours| ours.trim() == line), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_service_is_in_our_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().to_str().expect("text");
    let variables = [("DATA_DIR", data_dir), ("LISTEN_ADDR", "127.0.0.1:0"), ("BCRYPT_COST", "4")];
    let config = Config::from_environment(&Environment::of(&variables, "")).expect("accepted");
    let tokens = Arc::new(MemoryOneTimeTokens::default());
    let server = start(&config, &overrides(tokens.clone())).await.expect("started");

    let account = json!({"nombre": "Ana", "correo": "ana@example.com", "password": "securepassword123"});
    post(server.addr(), "/auth/register", "", &account);
    let login = post(server.addr(), "/auth/login", "", &account);
    let access = login["access_token"].as_str().expect("logged in");
    let created = post(server.addr(), "/token/create", access, &json!({}));
    let secret = OneTimeSecret::parse(created["token"].as_str().expect("a token")).expect("well-formed");
    let digest = secret.digest();
    let kept = || tokens.find(&digest, OneTimePurpose::OneTime, EARLY);
    assert!(kept().await.expect("in memory").is_some());
    let spent = post(server.addr(), "/token/validate", access, &json!({"token": secret.reveal()}));
    assert_eq!(spent, json!({"message": "Token válido y ahora consumido"}));
    assert!(kept().await.expect("in memory").is_none());
    server.stop().await.expect("stopped");
}
