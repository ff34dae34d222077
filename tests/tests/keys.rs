//! Signing keys that take over from each other while the service runs.

#![cfg(test)]

#[path = "keys/by_age.rs"]
mod by_age;
#[path = "keys/by_hand.rs"]
mod by_hand;
#[path = "keys/consumer.rs"]
mod consumer;

use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tessera_adapters::SystemClock;
use tessera_services::ports::Clock as _;
use tessera_tests::{Answer, Data, Storage, TestServer, decode_base64url, eventually};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// How old what a server knows of the keys may be before it asks the storage.
const LAG: Duration = Duration::from_secs(3);

/// A server whose clock begins at the present, so that commands, which have the clock of the machine, agree with it.
async fn of_today(storage: Storage, settings: &[(&str, &str)]) -> TestServer {
    TestServer::on_data(Arc::new(Data::on(storage)), SystemClock::new().now(), settings).await
}

/// A command of the operator on this data.
fn command(data: &Data, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().envs(data.settings()).current_dir(data.folder());
    command
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn operate(data: &Data, arguments: &[&str]) -> String {
    text(&command(data, arguments).output().expect("it runs"))
}

/// What `tessera keys list` says: the name and the state of each key.
fn listed(data: &Data) -> Vec<(String, String)> {
    let keys = operate(data, &["keys", "list", "--json"]);
    let keys = keys.lines().map(|line| serde_json::from_str::<Value>(line).expect("an object"));
    let member = |key: &Value, name: &str| key[name].as_str().expect("text").to_owned();
    keys.map(|key| (member(&key, "kid"), member(&key, "state"))).collect()
}

/// The names in the key set of a server.
async fn published(server: &TestServer) -> Vec<String> {
    names(&server.get("/.well-known/jwks.json").await)
}

fn names(key_set: &Answer) -> Vec<String> {
    let keys = key_set.json()["keys"].as_array().expect("keys").clone();
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

/// Waits until a server publishes so many keys. It looks at them every second of its own time, not of the test's clock.
async fn until_published(server: &TestServer, count: usize) -> Vec<String> {
    let all = async || Some(published(server).await).filter(|names| names.len() == count);
    eventually(&format!("{count} published keys"), all).await
}

/// The name of the key that a token says it is signed with.
fn kid(token: &str) -> String {
    let header = decode_base64url(token.split('.').next().expect("a header"));
    let header: Value = serde_json::from_slice(&header).expect("an object");
    header["kid"].as_str().expect("a name").to_owned()
}

/// The status of a request that only somebody who is logged in may make.
async fn ask(server: &TestServer, access: &str) -> u16 {
    server.send("POST", "/token/create", &[("authorization", &format!("Bearer {access}"))], "").await.status
}
