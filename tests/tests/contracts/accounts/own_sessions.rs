//! Where an account is logged in: what its owner sees of it, and ends.

use std::time::Duration;

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, eventually, golden, on_every_storage};

use super::{
    ACTIVITY, LOGIN, PASSWORD, SESSIONS, Session, assert_alive, assert_dead, credentials, get, log_in, refresh, send,
    sign_up,
};

on_every_storage! {
    every_session_shows_its_device_and_the_current_one_is_marked
    a_refresh_is_a_use_of_the_session
    pages_of_sessions_follow_each_other
    a_session_that_is_ended_is_dead_at_once
    the_current_session_may_be_ended_too
    all_other_sessions_end_together
    what_is_no_session_of_the_caller_is_not_found
    another_instance_hears_of_an_ended_session
    what_was_ended_stays_ended_after_a_restart
}

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn log_in_with(server: &TestServer, agent: &str) -> Session {
    let headers = [("content-type", "application/json"), ("user-agent", agent)];
    Session::of(&server.send("POST", LOGIN, &headers, &credentials("user", PASSWORD).to_string()).await)
}

/// The sessions as `session` sees them.
async fn list(server: &TestServer, session: &Session) -> Vec<Value> {
    let answer = get(server, SESSIONS, &session.access).await;
    answer.json().as_array().unwrap_or_else(|| panic!("{}", answer.json())).clone()
}

/// The id of the session that `session` is.
async fn id_of(server: &TestServer, session: &Session) -> String {
    let sessions = list(server, session).await;
    let current: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(current.len(), 1, "{sessions:?}");
    current[0]["id"].as_str().expect("an id").to_owned()
}

async fn end(server: &TestServer, session: &Session, id: &str) -> Answer {
    delete(server, &format!("{SESSIONS}{id}/"), session).await
}

async fn delete(server: &TestServer, path: &str, session: &Session) -> Answer {
    server.send("DELETE", path, &[("authorization", &format!("Bearer {}", session.access))], "").await
}

async fn every_session_shows_its_device_and_the_current_one_is_marked(storage: Storage) {
    let server = TestServer::on(storage).await;
    let first = sign_up(&server, "user").await;
    sign_up(&server, "eve").await;
    server.clock.advance(Duration::from_secs(1));
    log_in_with(&server, FIREFOX).await;
    assert_snapshot!(golden::render(&get(&server, SESSIONS, &first.access).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    [
      {
        "created_at": "[time]",
        "current": false,
        "device": "Firefox on Windows",
        "id": "[uuid]",
        "ip": "127.0.0.1",
        "last_used_at": "[time]",
        "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
      },
      {
        "created_at": "[time]",
        "current": true,
        "device": null,
        "id": "[uuid]",
        "ip": "127.0.0.1",
        "last_used_at": "[time]",
        "user_agent": null
      }
    ]
    "#);
}

async fn a_refresh_is_a_use_of_the_session(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let opened = list(&server, &session).await.remove(0);
    assert_eq!(opened["last_used_at"], opened["created_at"]);
    server.clock.advance(Duration::from_secs(61));
    assert_eq!(list(&server, &session).await.first(), Some(&opened), "a request is no use");
    let headers = [("content-type", "application/json"), ("user-agent", "curl/8.5.0")];
    let body = json!({"refresh": session.refresh}).to_string();
    assert_eq!(server.send("POST", super::REFRESH, &headers, &body).await.status, 200);
    let kept = list(&server, &session).await.remove(0);
    assert_ne!(kept["last_used_at"], opened["last_used_at"]);
    assert_eq!((&kept["device"], &kept["created_at"]), (&json!("curl"), &opened["created_at"]));

    // Where tokens rotate, each refresh is noted, also one by somebody who says nothing.
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.refresh(&session.refresh).await.status, 200);
    let rotated = list(&server, &session).await.remove(0);
    assert_ne!(rotated["last_used_at"], kept["last_used_at"]);
    assert_eq!((&rotated["device"], &rotated["id"]), (&Value::Null, &opened["id"]));
}

async fn pages_of_sessions_follow_each_other(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    for number in 0..3 {
        server.clock.advance(Duration::from_secs(1));
        log_in_with(&server, &format!("agent{number}")).await;
    }
    let devices = |answer: &Answer| {
        let sessions = answer.json().as_array().expect("a list").clone();
        sessions.iter().map(|session| session["device"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    let first = get(&server, "/api/auth/sessions?limit=2", &session.access).await;
    assert_eq!(devices(&first), ["agent2", "agent1"]);
    let link = first.headers["link"].to_str().expect("text").to_owned();
    let next = link.trim_start_matches('<').split('>').next().expect("a target");
    log_in(&server, "user").await;
    let second = get(&server, next, &session.access).await;
    assert_eq!(devices(&second), ["agent0", "-"]);
    assert!(second.headers.get("link").is_none());
    for query in ["limit=0", "limit=x", "cursor=x"] {
        let answer = get(&server, &format!("{SESSIONS}?{query}"), &session.access).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.json());
    }
}

async fn a_session_that_is_ended_is_dead_at_once(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (lost, kept) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    let id = id_of(&server, &lost).await;
    let answer = end(&server, &kept, &id).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Session ended successfully"
    }
    "#);
    assert_dead(&server, &lost).await;
    assert_alive(&server, &kept).await;
    assert_eq!(list(&server, &kept).await.len(), 1);
    assert_eq!(end(&server, &kept, &id).await.status, 404, "it is over already");
    let log = get(&server, ACTIVITY, &kept.access).await.json();
    assert_eq!(log[0]["event"], "sessions_ended");
}

async fn the_current_session_may_be_ended_too(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let id = id_of(&server, &session).await;
    assert_eq!(delete(&server, &format!("/api/auth/sessions/{id}"), &session).await.status, 200);
    assert_dead(&server, &session).await;
}

async fn all_other_sessions_end_together(storage: Storage) {
    let server = TestServer::on(storage).await;
    let others = [sign_up(&server, "user").await, log_in(&server, "user").await];
    let (own, theirs) = (log_in(&server, "user").await, sign_up(&server, "eve").await);
    let answer = delete(&server, SESSIONS, &own).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "ended": 2,
      "message": "Other sessions ended successfully"
    }
    "#);
    for other in &others {
        assert_dead(&server, other).await;
    }
    assert_alive(&server, &own).await;
    assert_alive(&server, &theirs).await;
    let again = delete(&server, "/api/auth/sessions", &own).await;
    assert_eq!((again.status, &again.json()["ended"]), (200, &json!(0)));
}

async fn what_is_no_session_of_the_caller_is_not_found(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (own, theirs) = (sign_up(&server, "user").await, sign_up(&server, "eve").await);
    let foreign = id_of(&server, &theirs).await;
    let unknown = end(&server, &own, "01900000-0000-7000-8000-000000000000").await;
    assert_snapshot!(golden::render(&unknown), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Not found."
    }
    "#);
    let own_id = id_of(&server, &own).await;
    for odd in [foreign.as_str(), "x", "1", "%00", "..%2f", "%ff", &own_id.to_uppercase(), &format!("%7b{own_id}%7d")] {
        let answer = end(&server, &own, odd).await;
        assert_eq!(golden::render(&answer), golden::render(&unknown), "{odd}");
    }
    assert_alive(&server, &theirs).await;
    assert_alive(&server, &own).await;
}

async fn another_instance_hears_of_an_ended_session(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (lost, kept) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    let other = server.another_instance().await;
    assert_alive(&other, &lost).await;
    assert_eq!(delete(&server, SESSIONS, &kept).await.status, 200);
    assert_eq!(refresh(&other, &lost.refresh).await.status, 401, "the row decides");
    eventually("it is refused", async || (get(&other, super::PROFILE, &lost.access).await.status == 401).then_some(()))
        .await;
    assert_alive(&other, &kept).await;
}

async fn what_was_ended_stays_ended_after_a_restart(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (lost, kept) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    assert_eq!(delete(&server, SESSIONS, &kept).await.status, 200);
    let server = server.restart().await;
    assert_dead(&server, &lost).await;
    assert_alive(&server, &kept).await;
    // Nor does a body that nobody asked for change anything.
    let answer = send(&server, "DELETE", SESSIONS, &kept.access, &json!({"id": "x"})).await;
    assert_eq!(answer.status, 200);
}
