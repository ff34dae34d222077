//! Many at once: exactly one wins, and nobody else is harmed.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use tessera_tests::TestServer;

fn count(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for status in statuses {
        *counts.entry(status).or_insert(0) += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_of_one_token_leave_one_working_session() {
    let server = Arc::new(TestServer::start().await);
    for round in 0..5 {
        let (_, token) = server.sign_up(&format!("ana{round}")).await;
        let answers = join_all((0..50).map(|_| server.refresh(&token))).await;
        let counts = count(answers.iter().map(|answer| answer.status));
        assert_eq!(counts, BTreeMap::from([(200, 1), (401, 49)]));
        let winner = answers.iter().find(|answer| answer.status == 200).expect("one");
        let next = winner.json()["refresh_token"].as_str().expect("a token").to_owned();
        assert_eq!(server.refresh(&next).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_registrations_of_one_address_make_one_account() {
    let server = Arc::new(TestServer::start().await);
    let register = |number: usize| {
        let email = if number.is_multiple_of(2) { "ana@example.com" } else { "ANA@EXAMPLE.COM" };
        let body = json!({"username": format!("ana{number}"), "email": email, "password": "a long walk by the sea"});
        let server = server.clone();
        async move { server.post("/api/v1/user/create", &body).await.status }
    };
    let counts = count(join_all((0..20).map(register)).await);
    assert_eq!(counts, BTreeMap::from([(201, 1), (400, 19)]));
    assert_eq!(server.get("/api/v1/users").await.json().as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_against_logout_never_outlives_it() {
    let server = Arc::new(TestServer::start().await);
    for round in 0..10 {
        let (access, token) = server.sign_up(&format!("ana{round}")).await;
        let (refreshed, logged_out) = tokio::join!(server.refresh(&token), server.log_out(&access, &token));
        assert_eq!(logged_out.status, 200);
        if refreshed.status == 200 {
            let next = refreshed.json()["refresh_token"].as_str().expect("a token").to_owned();
            assert_eq!(server.refresh(&next).await.status, 401);
        }
        assert_eq!(server.refresh(&token).await.status, 401);
    }
}
