//! Limits on guessing, end to end (requirement L1): who is stopped, who is not, and what both are told.

#![cfg(test)]

mod accounts;
mod addresses;
mod instances;
mod tokens;

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer};

const PASSWORD: &str = "a long walk by the sea";

/// A server that counts, and that believes whoever is on this machine about the addresses of clients.
async fn counting(storage: Storage, settings: &[(&str, &str)]) -> TestServer {
    let always = [("RATE_LIMIT", "on"), ("TRUSTED_PROXIES", "127.0.0.1")];
    TestServer::on_with(storage, &[&always, settings].concat()).await
}

/// Sends a JSON body from this address.
async fn post_from(server: &TestServer, ip: &str, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", ip)];
    server.send("POST", path, &headers, &body.to_string()).await
}

/// A login with this password from this address.
async fn log_in_from(server: &TestServer, ip: &str, name: &str, password: &str) -> Answer {
    let body = json!({"email": format!("{name}@example.com"), "password": password});
    post_from(server, ip, "/api/v1/user/login", &body).await
}

/// A wrong guess at the password of an account.
async fn guess_from(server: &TestServer, ip: &str, name: &str) -> u16 {
    log_in_from(server, ip, name, "not the password").await.status
}

/// Makes an account, whose owner logs in from this address.
async fn sign_up_from(server: &TestServer, ip: &str, name: &str) {
    let account = json!({"username": name, "email": format!("{name}@example.com"), "password": PASSWORD});
    assert_eq!(post_from(server, ip, "/api/v1/user/create", &account).await.status, 201);
    assert_eq!(log_in_from(server, ip, name, PASSWORD).await.status, 200);
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
}

/// How many seconds a client is told to wait.
fn retry_after(answer: &Answer) -> u64 {
    field(answer, "retry-after").parse().expect("seconds")
}
