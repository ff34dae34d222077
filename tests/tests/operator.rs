//! What the operator does on the command line while servers are running.

#![cfg(test)]

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tessera_tests::{Storage, TestServer, on_every_storage};

on_every_storage! {
    a_disabled_account_can_do_nothing_any_more
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// How far behind the log of revocations a server believes what it remembers of it.
const LAG: Duration = Duration::from_secs(3);

/// Has another process do something with the data of a running server.
fn operate(server: &TestServer, arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().envs(server.data().settings()).current_dir(server.data().folder());
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The status of a request that only somebody who is logged in may make.
async fn ask(server: &TestServer, access: &str) -> u16 {
    server.send("POST", "/token/create", &[("authorization", &format!("Bearer {access}"))], "").await.status
}

async fn log_in(server: &TestServer, name: &str) -> u16 {
    let credentials = json!({"username": name, "password": "a long walk by the sea"});
    server.post("/api/login/", &credentials).await.status
}

async fn a_disabled_account_can_do_nothing_any_more(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, refresh) = server.sign_up("ana").await;
    let (bens_access, bens_refresh) = server.sign_up("ben").await;
    assert_eq!((ask(&server, &access).await, ask(&server, &bens_access).await), (201, 201));

    let said = operate(&server, &["user", "disable", "Ana@Example.com"]);
    assert!(said.starts_with("Disabled the account ") && said.contains(" of ana@example.com."), "{said}");
    // By now it has either followed the log or asks it.
    server.clock.advance(LAG + Duration::from_micros(1));
    assert_eq!((ask(&server, &access).await, ask(&server, &bens_access).await), (401, 201));
    assert_eq!((server.refresh(&refresh).await.status, log_in(&server, "ana").await), (401, 401));
    assert_eq!((server.refresh(&bens_refresh).await.status, log_in(&server, "ben").await), (200, 200));
    assert!(operate(&server, &["user", "list"]).contains("disabled"));

    operate(&server, &["user", "enable", "ana@example.com"]);
    assert_eq!(
        (ask(&server, &access).await, server.refresh(&refresh).await.status),
        (401, 401),
        "what ended has ended"
    );
    let (access, _) = server.log_in("ana").await;
    assert_eq!(ask(&server, &access).await, 201);
}
