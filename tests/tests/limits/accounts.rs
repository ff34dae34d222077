//! Guesses at the password of an account, through every contract, from one place and from many.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tessera_tests::{Storage, TestServer, on_every_storage};

use super::{PASSWORD, counting, field, guess_from, log_in_from, post_from, retry_after, sign_up_from};

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.7";

on_every_storage! {
    all_contracts_share_the_counter_of_an_account
    of_fifty_simultaneous_guesses_no_more_are_made_than_the_quota
    whoever_waits_as_long_as_they_were_told_gets_one_more_try
    a_known_account_and_an_unknown_one_look_the_same
    whoever_knows_the_password_is_never_counted
    a_login_of_ones_own_makes_no_room_for_guesses_at_anothers
    a_stranger_keeps_the_owner_out_of_nothing
    a_crowd_of_strangers_locks_the_owner_out_of_nothing
    one_network_guesses_at_many_accounts_only_so_often
    malformed_input_costs_nothing
    a_wrong_password_at_a_deletion_is_a_guess_too
    switched_off_nothing_is_counted
}

async fn all_contracts_share_the_counter_of_an_account(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, THERE, "ana").await;
    let guesses = [
        ("/api/v1/user/login", json!({"email": "ana@example.com", "password": "wrong"})),
        ("/auth/login", json!({"correo": " ANA@example.com", "password": "wrong"})),
        ("/api/login/", json!({"email": "Ana@Example.com", "password": "wrong"})),
    ];
    for number in 0..10 {
        let (path, body) = &guesses[number % guesses.len()];
        let answer = post_from(&server, HERE, path, body).await;
        assert_eq!(answer.status, 401, "{number}");
        let (address, account) = (49 - number, 9 - number);
        let expected = format!(
            "\"passwords-per-address\";r={address};t={}, \"passwords\";r={account};t={}",
            6 * (number + 1),
            30 * (number + 1)
        );
        assert_eq!(field(&answer, "ratelimit"), expected);
        assert_eq!(
            field(&answer, "ratelimit-policy"),
            "\"passwords-per-address\";q=50;w=300, \"passwords\";q=10;w=300"
        );
    }
    let bodies = [
        json!({"message": "Too many requests. Try again later."}),
        json!({"detail": "Too Many Requests"}),
        json!({"message": "Too many requests. Try again later."}),
    ];
    for ((path, body), expected) in guesses.iter().zip(bodies) {
        let answer = post_from(&server, HERE, path, body).await;
        assert_eq!((answer.status, answer.json()), (429, expected));
        assert_eq!((field(&answer, "retry-after"), field(&answer, "cache-control")), ("30", "no-store"));
        assert!(field(&answer, "ratelimit").ends_with("\"passwords\";r=0;t=300"), "{}", field(&answer, "ratelimit"));
    }
    let right = log_in_from(&server, HERE, "ana", PASSWORD).await;
    assert_eq!(right.status, 429, "from there the right password is not even looked at");
}

async fn of_fifty_simultaneous_guesses_no_more_are_made_than_the_quota(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, THERE, "ana").await;
    for name in ["ana", "nobody"] {
        let mut counts = BTreeMap::new();
        for status in join_all((0..50).map(|_| guess_from(&server, HERE, name))).await {
            *counts.entry(status).or_insert(0) += 1;
        }
        assert_eq!(counts, BTreeMap::from([(401, 10), (429, 40)]), "{name}");
    }
}

async fn whoever_waits_as_long_as_they_were_told_gets_one_more_try(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, HERE, "ana").await;
    while guess_from(&server, HERE, "ana").await == 401 {}
    for _ in 0..3 {
        let refused = log_in_from(&server, HERE, "ana", "not the password").await;
        server.clock.advance(Duration::from_secs(retry_after(&refused) - 1));
        assert_eq!(guess_from(&server, HERE, "ana").await, 429, "a second too early");
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(guess_from(&server, HERE, "ana").await, 401);
        assert_eq!(guess_from(&server, HERE, "ana").await, 429);
    }
    server.clock.advance(Duration::from_secs(30));
    assert_eq!(log_in_from(&server, HERE, "ana", PASSWORD).await.status, 200);
    server.clock.advance(Duration::from_mins(5));
    let fresh = log_in_from(&server, HERE, "ana", "not the password").await;
    assert!(field(&fresh, "ratelimit").ends_with("\"passwords\";r=9;t=30"), "{}", field(&fresh, "ratelimit"));
}

/// Through the whole of it, the refusals too (requirement A1).
async fn a_known_account_and_an_unknown_one_look_the_same(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, THERE, "known").await;
    let mut seen = Vec::new();
    for (ip, name) in [("192.0.2.1", "known"), ("192.0.2.2", "unknown")] {
        let mut answers = Vec::new();
        for _ in 0..13 {
            let answer = log_in_from(&server, ip, name, "not the password").await;
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            headers.remove("date");
            answers.push((answer.status, headers, answer.json()));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].iter().filter(|(status, ..)| *status == 429).count(), 3);
}

async fn whoever_knows_the_password_is_never_counted(storage: Storage) {
    let server =
        counting(storage, &[("RATE_LIMIT_PASSWORDS", "2/5m"), ("RATE_LIMIT_PASSWORDS_PER_ADDRESS", "2/5m")]).await;
    sign_up_from(&server, HERE, "ana").await;
    for _ in 0..8 {
        let answer = log_in_from(&server, HERE, "ana", PASSWORD).await;
        assert_eq!(answer.status, 200);
        assert_eq!(field(&answer, "ratelimit"), "\"passwords-per-address\";r=2;t=0, \"passwords\";r=2;t=0");
    }
}

async fn a_login_of_ones_own_makes_no_room_for_guesses_at_anothers(storage: Storage) {
    let server = counting(storage, &[("RATE_LIMIT_PASSWORDS_PER_ADDRESS", "5/5m")]).await;
    sign_up_from(&server, HERE, "eve").await;
    let mut guesses = 0;
    for number in 0..10 {
        guesses += u32::from(guess_from(&server, HERE, &format!("victim{number}")).await == 401);
        log_in_from(&server, HERE, "eve", PASSWORD).await;
    }
    assert_eq!(guesses, 5);
}

async fn a_stranger_keeps_the_owner_out_of_nothing(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, HERE, "ana").await;
    for _ in 0..30 {
        guess_from(&server, "203.0.113.9", "ana").await;
    }
    assert_eq!(guess_from(&server, "203.0.113.9", "ana").await, 429);
    for ip in [HERE, THERE, "2001:db8::1"] {
        assert_eq!(log_in_from(&server, ip, "ana", PASSWORD).await.status, 200, "{ip}");
    }
}

/// All of them together are slowed down, and the owner gets in, from wherever that is.
async fn a_crowd_of_strangers_locks_the_owner_out_of_nothing(storage: Storage) {
    let server = counting(storage, &[]).await;
    sign_up_from(&server, HERE, "ana").await;
    let mut made = 0;
    for number in 0..250 {
        made += u32::from(guess_from(&server, &format!("203.0.113.{number}"), "ana").await == 401);
    }
    assert_eq!(made, 100 + 2, "of the account, and then of the neighbourhood");
    let late = log_in_from(&server, "203.0.113.250", "ana", "not the password").await;
    assert_eq!((late.status, retry_after(&late)), (429, 36));
    let told = "\"passwords-per-account\";r=0;t=3600, \"passwords-under-attack\";r=0;t=3600";
    assert!(field(&late, "ratelimit").ends_with(told), "{}", field(&late, "ratelimit"));
    for ip in [HERE, THERE, "2001:db8::1"] {
        for _ in 0..3 {
            let owner = log_in_from(&server, ip, "ana", PASSWORD).await;
            assert_eq!((owner.status, field(&owner, "ratelimit").contains("attack")), (200, false), "{ip}");
        }
    }
}

async fn one_network_guesses_at_many_accounts_only_so_often(storage: Storage) {
    let server = counting(storage, &[]).await;
    let mut counts = BTreeMap::new();
    for number in 0..60 {
        *counts.entry(guess_from(&server, HERE, &format!("account{number}")).await).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(401, 50), (429, 10)]));
    assert_eq!(guess_from(&server, THERE, "account0").await, 401);
}

async fn malformed_input_costs_nothing(storage: Storage) {
    let server = counting(storage, &[]).await;
    for _ in 0..20 {
        for body in [json!({}), json!({"email": "ana@example.com", "password": " "}), json!([])] {
            let answer = post_from(&server, HERE, "/api/v1/user/login", &body).await;
            assert_eq!((answer.status, field(&answer, "ratelimit")), (400, ""));
        }
    }
    assert_eq!(guess_from(&server, HERE, "ana").await, 401);
}

/// Whoever stole a token cannot try passwords with it beside the counters of the login.
async fn a_wrong_password_at_a_deletion_is_a_guess_too(storage: Storage) {
    let server = counting(storage, &[("RATE_LIMIT_PASSWORDS", "3/5m")]).await;
    sign_up_from(&server, THERE, "ana").await;
    let login = log_in_from(&server, HERE, "ana", PASSWORD).await;
    let (access, _) = login.tokens().expect("logged in");
    let bearer = format!("Bearer {access}");
    let delete = async |password: &str| {
        let headers =
            [("content-type", "application/json"), ("x-forwarded-for", HERE), ("authorization", bearer.as_str())];
        let body = json!({"current_password": password}).to_string();
        server.send("DELETE", "/api/auth/profile/", &headers, &body).await.status
    };
    assert_eq!([guess_from(&server, HERE, "ana").await, delete("wrong").await, delete("wrong").await], [401, 400, 400]);
    assert_eq!((delete(PASSWORD).await, guess_from(&server, HERE, "ana").await), (429, 429));
    assert_eq!(log_in_from(&server, THERE, "ana", PASSWORD).await.status, 200, "it is there");
}

async fn switched_off_nothing_is_counted(storage: Storage) {
    let server = TestServer::on_with(storage, &[("RATE_LIMIT", "off")]).await;
    for _ in 0..60 {
        let answer = log_in_from(&server, HERE, "ana", "not the password").await;
        assert_eq!((answer.status, field(&answer, "ratelimit"), field(&answer, "ratelimit-policy")), (401, "", ""));
    }
}
