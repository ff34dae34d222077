//! What was acknowledged survives `kill -9` (invariant I4), and what ended does not come back (I2).

#![cfg(test)]

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use tessera_tests::{Answer, Data, ServerProcess, Storage, on_every_storage, rounds};

on_every_storage! {
    what_was_acknowledged_survives_a_kill
    what_ended_stays_ended_after_a_kill
}

const SERVER: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// How often the service is killed.
fn kills() -> usize {
    rounds("KILL_ROUNDS", 10)
}

async fn what_was_acknowledged_survives_a_kill(storage: Storage) {
    let data = Data::on(storage);
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..kills() {
        let server = Arc::new(ServerProcess::start(SERVER, &data).await);
        let writers = (0..8).map(|writer| register_until_killed(server.clone(), round, writer));
        let (written, ()) = tokio::join!(join_all(writers), server.kill_after_answers(24));
        acknowledged.extend(written.into_iter().flatten());
    }
    let server = ServerProcess::start(SERVER, &data).await;
    assert!(acknowledged.len() >= kills() * 16, "only {} were acknowledged", acknowledged.len());
    for name in &acknowledged {
        let body = json!({"username": name, "password": "a long walk by the sea"});
        assert_eq!(server.post("/api/login/", &body).await.map(|answer| answer.status), Some(200), "{name} was lost");
    }
}

/// Registers accounts until the connection breaks. Returns the names whose registration was answered with 201.
async fn register_until_killed(server: Arc<ServerProcess>, round: usize, writer: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let name = format!("user-{round}-{writer}-{number}");
        let email = format!("{name}@example.com");
        let body = json!({"username": name, "email": email, "password": "a long walk by the sea"});
        match server.post("/api/v1/user/create", &body).await {
            Some(answer) if answer.status == 201 => acknowledged.push(name),
            Some(answer) => panic!("{}: {}", answer.status, answer.json()),
            None => break,
        }
    }
    acknowledged
}

async fn what_ended_stays_ended_after_a_kill(storage: Storage) {
    let data = Data::on(storage);
    let server = ServerProcess::start(SERVER, &data).await;
    let (access, token) = server.sign_up("ana").await;
    let (_, rotated) = server.refresh(&token).await.and_then(|answer| answer.tokens()).expect("rotated");
    assert_eq!(server.log_out(&access, &rotated).await.map(|answer| answer.status), Some(200));
    let (_, live) = server.sign_up("ben").await;
    server.kill().await;

    let server = ServerProcess::start(SERVER, &data).await;
    let status = |answer: Option<Answer>| answer.map(|answer| answer.status);
    assert_eq!(status(server.refresh(&rotated).await), Some(401));
    assert_eq!(status(server.log_out(&access, &rotated).await), Some(401), "the access token is dead too");
    assert_eq!(status(server.refresh(&live).await), Some(200), "nobody else was logged out");
}
