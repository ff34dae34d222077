//! What `user_tokens` promises beyond its rows: what the tokens say, how long they count and where, and that all of it
//! holds in every encoding, after a restart and over two instances.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tessera_tests::{Storage, TestServer, assert_snapshot, decode_base64url, golden, on_every_storage};

use crate::user_tokens::{
    FORM, GEN, INVALIDATE, JSON, Pair, REFRESH, VALIDATE, counts, error, invalidate, is_mismatch, mint, refresh,
    refreshed, text, validate,
};

on_every_storage! {
    the_tokens_say_whose_they_are_in_the_callers_own_type
    a_pair_expires_on_time
    every_endpoint_has_two_slash_forms_and_two_encodings
    these_tokens_open_nothing_of_an_account
    tokens_of_an_account_open_nothing_here
    no_token_is_at_rest
    a_restart_changes_nothing
    two_instances_are_one_service
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&decode_base64url(payload)).expect("JSON")
}

async fn the_tokens_say_whose_they_are_in_the_callers_own_type(storage: Storage) {
    let server = TestServer::on(storage).await;
    for (id, sub) in [(json!(1), "ext:1"), (json!("1"), "ext:1"), (json!("a user"), "ext:a user")] {
        let name = if id == "a user" { "ann" } else { "bob" };
        let pair = mint(&server, id.clone(), name).await;
        let (access, refresh) = (claims(&pair.access), claims(&pair.refresh));
        for (claims, token_type, lifetime) in [(&access, "access", 15 * 60), (&refresh, "refresh", 7 * 24 * 60 * 60)] {
            assert_eq!(claims["sub"], sub);
            assert_eq!(claims["user_id"], id, "its type is the caller's");
            assert_eq!((&claims["iss"], &claims["token_type"]), (&json!("tessera"), &json!(token_type)));
            let seconds = |name: &str| claims[name].as_i64().expect("a time");
            assert_eq!(seconds("exp") - seconds("iat"), lifetime);
        }
        let names = |claims: &Value| claims.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
        let common = ["exp", "iat", "iss", "jti", "sid", "sub", "token_type", "user_id"].map(str::to_owned);
        assert_eq!(names(&access), BTreeSet::from(common));
        assert_eq!(access["sid"], refresh["sid"]);
        assert_ne!(access["jti"], refresh["jti"]);

        let other_type = if id == 1 { json!("1") } else { id.clone() };
        let next = claims(&refreshed(&server, other_type, &pair.refresh).await);
        assert_eq!((&next["sub"], &next["user_id"], &next["sid"]), (&json!(sub), &id, &access["sid"]));
    }
}

async fn a_pair_expires_on_time(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
    let pair = mint(&server, 1, "bob").await;
    server.clock.advance(14 * minute);
    counts(&validate(&server, 1, &pair.access).await);
    server.clock.advance(minute);
    let expired = validate(&server, 1, &pair.access).await;
    assert_eq!((expired.status, expired.json()), (401, error("Invalid or expired token")));
    let not_logged_out = invalidate(&server, 1, &pair.access).await;
    assert_eq!((not_logged_out.status, not_logged_out.json()), (401, error("Invalid or expired token")));
    is_mismatch(&validate(&server, 1, &pair.refresh).await);

    server.clock.advance(6 * day + Duration::from_hours(23) + 40 * minute);
    let last = refreshed(&server, 1, &pair.refresh).await;
    assert_eq!(claims(&last)["exp"], claims(&pair.refresh)["exp"], "it does not outlive the refresh token");
    counts(&validate(&server, 1, &last).await);
    server.clock.advance(5 * minute);
    assert_snapshot!(golden::render(&refresh(&server, 1, &pair.refresh).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "User session has expired, You must login again"
    }
    "#);
    assert_eq!(validate(&server, 1, &last).await.json(), error("Invalid or expired token"));

    // It is remembered for a month that there was a session.
    server.clock.advance(29 * day);
    let server = server.restart().await;
    assert_eq!(refresh(&server, 1, &pair.refresh).await.status, 401);
    counts(&validate(&server, 1, &mint(&server, 1, "bob").await.access).await);
}

async fn every_endpoint_has_two_slash_forms_and_two_encodings(storage: Storage) {
    let server = TestServer::on(storage).await;
    for with_slash in [false, true] {
        for form in [false, true] {
            let server = &server;
            let call = async |path: &str, members: &[(&str, &str)]| {
                let path = if with_slash { path } else { path.trim_end_matches('/') };
                let object: Map<_, _> =
                    members.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                let pairs: Vec<_> = members.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if form {
                    server.send("POST", path, &[FORM], &pairs.join("&")).await
                } else {
                    server.post(path, &Value::Object(object)).await
                }
            };
            let pair = Pair::of(&call(GEN, &[("id", "7"), ("username", "kim")]).await);
            let next = call(REFRESH, &[("id", "7"), ("refresh", &pair.refresh)]).await;
            assert_eq!(next.status, 200, "{}", next.json());
            let access = text(&next, "access");
            counts(&call(VALIDATE, &[("id", "7"), ("access", &access), ("is_frontend", "true")]).await);
            let ended = call(INVALIDATE, &[("id", "7"), ("access", &access)]).await;
            assert_eq!((ended.status, ended.json()), (200, json!({"detail": "User logged out"})));
        }
    }
}

async fn these_tokens_open_nothing_of_an_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    server.sign_up("ana").await;
    let account = server.get("/api/v1/users").await.json()[0]["id"].as_str().expect("an id").to_owned();
    // The id and the name are those of the account; the namespace is another.
    let pair = mint(&server, account, "ana").await;
    let bearer = format!("Bearer {}", pair.access);
    let headers = [("authorization", bearer.as_str()), ("x-refresh-token", &pair.refresh), JSON];
    for (path, body) in [
        ("/api/v1/user/logout", json!({"refresh_token": pair.refresh})),
        ("/token/create", json!({})),
        ("/token/validate", json!({"token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})),
    ] {
        assert_eq!(server.send("POST", path, &headers, &body.to_string()).await.status, 401, "{path}");
    }
    assert_eq!(server.refresh(&pair.refresh).await.status, 401);
    let list = server.send("GET", "/api/v1/users", &[headers[0]], "").await;
    assert_eq!((list.status, list.json()[0].get("email")), (200, None), "a stranger's view");
    let (access, _) = server.log_in("ana").await;
    assert_ne!(server.log_out(&access, &pair.refresh).await.status, 200, "nobody logs out with it");
    counts(&validate(&server, claims(&pair.access)["user_id"].clone(), &pair.access).await);
}

async fn tokens_of_an_account_open_nothing_here(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, refresh_token) = server.sign_up("ana").await;
    let id = claims(&access)["user_id"].clone();
    let pair = mint(&server, id.clone(), "ana").await;
    is_mismatch(&validate(&server, id.clone(), &access).await);
    is_mismatch(&refresh(&server, id.clone(), &refresh_token).await);
    is_mismatch(&invalidate(&server, id.clone(), &access).await);
    counts(&validate(&server, id, &pair.access).await);
}

async fn no_token_is_at_rest(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "a name to look for").await;
    let access = refreshed(&server, 1, &pair.refresh).await;
    let bytes = server.data().at_rest().await;
    let holds = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
    assert!(holds("a name to look for"), "this is where things are kept");
    assert!(holds(claims(&pair.refresh)["jti"].as_str().expect("a name")));
    for token in [&pair.access, &pair.refresh, &access] {
        for part in token.split('.').skip(1) {
            assert!(!holds(part));
        }
    }
}

async fn a_restart_changes_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (bob, ann) = (mint(&server, 1, "bob").await, mint(&server, 2, "ann").await);
    assert_eq!(invalidate(&server, 2, &ann.access).await.status, 200);
    let server = server.restart().await;
    counts(&validate(&server, 1, &bob.access).await);
    is_mismatch(&validate(&server, 2, &ann.access).await);
    assert_eq!(refresh(&server, 2, &ann.refresh).await.status, 404);
    let next = refreshed(&server, 1, &bob.refresh).await;
    let server = server.restart().await;
    is_mismatch(&validate(&server, 1, &bob.access).await);
    counts(&validate(&server, 1, &next).await);
    assert_eq!(server.post(GEN, &json!({"id": 1, "username": "eve"})).await.status, 409);
}

async fn two_instances_are_one_service(storage: Storage) {
    let first = TestServer::on(storage).await;
    let second = first.another_instance().await;
    let pair = mint(&first, 1, "bob").await;
    counts(&validate(&second, 1, &pair.access).await);
    counts(&validate(&first, 1, &pair.access).await);
    let next = refreshed(&second, 1, &pair.refresh).await;
    is_mismatch(&validate(&first, 1, &pair.access).await);
    counts(&validate(&first, 1, &next).await);
    assert_eq!(second.post(GEN, &json!({"id": 1, "username": "eve"})).await.status, 409);

    let newer = mint(&second, 1, "bob").await;
    for server in [&first, &second] {
        is_mismatch(&validate(server, 1, &next).await);
        is_mismatch(&refresh(server, 1, &pair.refresh).await);
        counts(&validate(server, 1, &newer.access).await);
    }
    assert_eq!(invalidate(&first, 1, &newer.access).await.status, 200);
    is_mismatch(&validate(&second, 1, &newer.access).await);
    assert_eq!(refresh(&second, 1, &newer.refresh).await.status, 404);
    assert_eq!(invalidate(&second, 1, &newer.access).await.json(), error("User has not logged in yet"));
}
