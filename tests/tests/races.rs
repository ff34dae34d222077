//! Many at once: exactly one wins, and nobody else is harmed.

#![cfg(test)]

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tessera_tests::{Data, ServerProcess, Storage, TestServer, on_every_storage, rounds};

on_every_storage! {
    fifty_refreshes_of_one_token_leave_one_working_session
    twenty_registrations_of_one_address_make_one_account
    one_of_a_hundred_validations_over_two_instances_consumes_the_token
    refresh_against_logout_never_outlives_it
    of_twenty_claims_to_one_id_or_one_name_one_is_bound
    of_many_pairs_and_refreshes_of_one_user_one_access_token_counts
}

const SERVER: &str = env!("CARGO_BIN_EXE_tessera-under-test");

fn count(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for status in statuses {
        *counts.entry(status).or_insert(0) += 1;
    }
    counts
}

async fn fifty_refreshes_of_one_token_leave_one_working_session(storage: Storage) {
    let server = TestServer::on(storage).await;
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

async fn twenty_registrations_of_one_address_make_one_account(storage: Storage) {
    let first = TestServer::on(storage).await;
    let second = first.another_instance().await;
    let register = |number: usize| {
        let (server, email) =
            if number.is_multiple_of(2) { (&first, "ana@example.com") } else { (&second, "ANA@EXAMPLE.COM") };
        let body = json!({"username": format!("ana{number}"), "email": email, "password": "a long walk by the sea"});
        async move { server.post("/api/v1/user/create", &body).await.status }
    };
    let counts = count(join_all((0..20).map(register)).await);
    assert_eq!(counts, BTreeMap::from([(201, 1), (400, 19)]));
    assert_eq!(first.get("/api/v1/users").await.json().as_array().map(Vec::len), Some(1));
}

/// Two processes, which share nothing but the storage.
async fn one_of_a_hundred_validations_over_two_instances_consumes_the_token(storage: Storage) {
    let (data, patient) = (Data::on(storage), [("ONETIME_TOKEN_EXPIRE_SECONDS", "60")]);
    let first = ServerProcess::start_with(SERVER, &data, &patient).await;
    let second = ServerProcess::start_with(SERVER, &data, &patient).await;
    let (access, _) = first.sign_up("ana").await;
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    for round in 0..rounds("RACE_ROUNDS", 5) {
        let created = first.send("/token/create", &headers, &json!({})).await.expect("answered");
        let body = json!({"token": created.json()["token"]});
        let validate = async |number: usize| {
            let server = if number.is_multiple_of(2) { &first } else { &second };
            server.send("/token/validate", &headers, &body).await.expect("answered").status
        };
        let counts = count(join_all((0..100).map(validate)).await);
        assert_eq!(counts, BTreeMap::from([(200, 1), (401, 99)]), "round {round}");
    }
}

async fn refresh_against_logout_never_outlives_it(storage: Storage) {
    let server = TestServer::on(storage).await;
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

/// The users of `user_tokens`, over two processes (requirement S2).
async fn of_twenty_claims_to_one_id_or_one_name_one_is_bound(storage: Storage) {
    let data = Data::on(storage);
    let (first, second) = (ServerProcess::start(SERVER, &data).await, ServerProcess::start(SERVER, &data).await);
    for round in 0..rounds("RACE_ROUNDS", 5) {
        let one_id = |number: usize| json!({"id": round, "username": format!("a{round} {number}")});
        let one_name = |number: usize| json!({"id": format!("{round} {number}"), "username": format!("b{round}")});
        let users: [&dyn Fn(usize) -> Value; 2] = [&one_id, &one_name];
        for user in users {
            let claim = async |number: usize| {
                let server = if number.is_multiple_of(2) { &first } else { &second };
                server.post("/auth/token/gen-tokens/", &user(number)).await.expect("answered").status
            };
            let counts = count(join_all((0..20).map(claim)).await);
            assert_eq!(counts, BTreeMap::from([(201, 1), (409, 19)]), "{}", user(0));
        }
    }
}

/// Whichever came last, over two processes: its pair is whole, and nothing that was handed out besides counts.
async fn of_many_pairs_and_refreshes_of_one_user_one_access_token_counts(storage: Storage) {
    let data = Data::on(storage);
    let (first, second) = (ServerProcess::start(SERVER, &data).await, ServerProcess::start(SERVER, &data).await);
    let server = |number: usize| if number.is_multiple_of(2) { &first } else { &second };
    let bob = json!({"id": 1, "username": "bob"});
    for round in 0..rounds("RACE_ROUNDS", 5) {
        let pair = first.post("/auth/token/gen-tokens/", &bob).await.expect("answered").json();
        let refreshing = json!({"id": 1, "refresh": pair["refresh"]});
        let ask = async |number: usize| match number % 4 {
            0 | 1 => server(number).post("/auth/token/gen-tokens/", &bob).await.expect("answered"),
            _ => server(number).post("/auth/token/refresh/", &refreshing).await.expect("answered"),
        };
        let answers = join_all((0..20).map(ask)).await;
        let handed_out = answers.iter().filter_map(|answer| answer.json().get("access").cloned());
        let mut valid = 0;
        for access in handed_out.chain([pair["access"].clone()]) {
            let body = json!({"id": 1, "access": access});
            let verdicts = [&first, &second].map(|server| server.post("/auth/token/validate-token/", &body));
            let statuses = join_all(verdicts).await.into_iter().map(|answer| answer.expect("answered").status);
            let statuses: Vec<_> = statuses.collect();
            assert!(statuses == [200, 200] || statuses == [401, 401], "round {round}: {statuses:?}");
            valid += usize::from(statuses == [200, 200]);
        }
        assert_eq!(valid, 1, "round {round}");
        assert_eq!(count(answers.iter().take(2).map(|answer| answer.status)), BTreeMap::from([(201, 2)]));
    }
}
