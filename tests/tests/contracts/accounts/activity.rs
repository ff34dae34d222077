//! The log of an account: what is in it, and how it is read.

use std::time::Duration;

use serde_json::{Value, json};
use tessera_tests::{Storage, TestServer, assert_snapshot, golden, on_every_storage};

use super::{
    ACTIVITY, CHANGE, LOGIN, LOGOUT, NEW_PASSWORD, PASSWORD, Session, UPDATE, credentials, get, log_in, send, sign_up,
};

on_every_storage! {
    everything_that_happened_is_there_newest_first
    what_happened_through_other_contracts_is_there_too
    an_entry_says_when_from_where_and_with_what
    pages_follow_each_other_without_gaps
    the_log_of_another_is_not_shown
    what_was_noted_survives_a_restart
}

async fn events(server: &TestServer, access: &str) -> Vec<String> {
    names(&get(server, ACTIVITY, access).await.json())
}

fn names(entries: &Value) -> Vec<String> {
    let entries = entries.as_array().unwrap_or_else(|| panic!("{entries}"));
    entries.iter().map(|entry| entry["event"].as_str().expect("a name").to_owned()).collect()
}

async fn everything_that_happened_is_there_newest_first(storage: Storage) {
    let server = TestServer::on(storage).await;
    let first = sign_up(&server, "user").await;
    assert_eq!(server.post(LOGIN, &credentials("user", "SecurePass124!")).await.status, 401);
    assert_eq!(server.post(LOGIN, &credentials("nobody", "SecurePass124!")).await.status, 401);
    let second = log_in(&server, "user").await;
    assert_eq!(send(&server, "POST", LOGOUT, &first.access, &json!({})).await.status, 200);
    assert_eq!(send(&server, "PUT", UPDATE, &second.access, &json!({"username": "user"})).await.status, 200);
    let change =
        json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD});
    let third = Session::of(&send(&server, "POST", CHANGE, &second.access, &change).await);
    assert_eq!(
        events(&server, &third.access).await,
        ["password_changed", "profile_changed", "logout", "login", "login_failed", "register"]
    );
}

async fn what_happened_through_other_contracts_is_there_too(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, refresh) = server.sign_up("ana").await;
    let body = json!({"correo": "ana@example.com", "password": "a long walk by the lake"});
    assert_eq!(server.post("/auth/login", &body).await.status, 401);
    let (_, next) = server.refresh(&refresh).await.tokens().expect("refreshed");
    server.clock.advance(Duration::from_secs(11));
    assert_eq!(server.refresh(&refresh).await.status, 401, "spent, and the session is over");
    assert_eq!(server.refresh(&next).await.status, 401);
    let (second, refresh) = server.log_in("ana").await;
    assert_eq!(server.log_out(&second, &refresh).await.status, 200);
    assert_eq!(get(&server, ACTIVITY, &access).await.status, 401);
    let (third, _) = server.log_in("ana").await;
    assert_eq!(
        events(&server, &third).await,
        ["login", "logout", "login", "refresh_reused", "login_failed", "login", "register"]
    );
}

async fn an_entry_says_when_from_where_and_with_what(storage: Storage) {
    let server = TestServer::on(storage).await;
    let headers = [("content-type", "application/json"), ("user-agent", "test \u{e9}")];
    let body = credentials("user", PASSWORD).to_string();
    sign_up(&server, "user").await;
    let session = Session::of(&server.send("POST", LOGIN, &headers, &body).await);
    let answer = get(&server, "/api/auth/activity?limit=1", &session.access).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json
    link: </api/auth/activity?limit=1&cursor=[cursor]>; rel="next"

    [
      {
        "at": "[time]",
        "event": "login",
        "id": "[uuid]",
        "ip": "127.0.0.1",
        "user_agent": "test é"
      }
    ]
    "#);
}

async fn pages_follow_each_other_without_gaps(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    for _ in 0..2 {
        assert_eq!(server.post(LOGIN, &credentials("user", "SecurePass124!")).await.status, 401);
    }
    let session = log_in(&server, "user").await;
    let first = get(&server, "/api/auth/activity/?limit=3", &session.access).await;
    let link = first.headers["link"].to_str().expect("text").to_owned();
    let next = link.trim_start_matches('<').split('>').next().expect("a target");
    // What happens meanwhile neither repeats nor hides an entry.
    log_in(&server, "user").await;
    let second = get(&server, next, &session.access).await;
    assert_eq!(names(&first.json()), ["login", "login_failed", "login_failed"]);
    assert_eq!(names(&second.json()), ["register"]);
    assert!(second.headers.get("link").is_none());
    for query in ["limit=0", "limit=x", "cursor=x"] {
        assert_eq!(get(&server, &format!("{ACTIVITY}?{query}"), &session.access).await.status, 400, "{query}");
    }
}

async fn the_log_of_another_is_not_shown(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (mine, theirs) = (sign_up(&server, "user").await, sign_up(&server, "eve").await);
    assert_eq!(server.post(LOGIN, &credentials("user", "SecurePass124!")).await.status, 401);
    assert_eq!(events(&server, &theirs.access).await, ["register"]);
    assert_eq!(events(&server, &mine.access).await, ["login_failed", "register"]);
}

async fn what_was_noted_survives_a_restart(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    for _ in 0..5 {
        assert_eq!(server.post(LOGIN, &credentials("user", "SecurePass124!")).await.status, 401);
    }
    let server = server.restart().await;
    assert_eq!(events(&server, &session.access).await.len(), 6);
}
