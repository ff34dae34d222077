//! What else can be guessed, and what can be had too often.

use serde_json::json;
use tessera_tests::{Answer, Storage, TestServer, on_every_storage};

use super::{PASSWORD, counting, field, log_in_from, post_from, sign_up_from};

const HERE: &str = "192.0.2.1";

on_every_storage! {
    tokens_that_do_not_count_are_counted
    new_accounts_are_counted_whoever_makes_them
    the_demonstration_is_limited_like_a_login
}

async fn refresh(server: &TestServer, token: &str) -> Answer {
    server.send("POST", "/api/v1/user/refresh", &[("x-refresh-token", token), ("x-forwarded-for", HERE)], "").await
}

async fn validate(server: &TestServer, access: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("x-forwarded-for", HERE)];
    server.send("POST", "/token/validate", &headers, &json!({"token": token}).to_string()).await
}

/// To refresh with, or to spend once: it is one counter.
async fn tokens_that_do_not_count_are_counted(storage: Storage) {
    let server = counting(storage, &[("RATE_LIMIT_TOKENS", "4/1m")]).await;
    sign_up_from(&server, HERE, "ana").await;
    let (access, mut good) = log_in_from(&server, HERE, "ana", PASSWORD).await.tokens().expect("logged in");
    for left in [3, 2] {
        let invalid = refresh(&server, "no.such.token").await;
        assert_eq!((invalid.status, field(&invalid, "ratelimit-policy")), (401, "\"tokens\";q=4;w=60"));
        assert!(field(&invalid, "ratelimit").contains(&format!("r={left};")), "{}", field(&invalid, "ratelimit"));
        let refreshed = refresh(&server, &good).await;
        assert_eq!(refreshed.status, 200, "one that counts is none of them");
        good = refreshed.tokens().expect("two new ones").1;
    }
    for left in [1, 0] {
        let unknown = validate(&server, &access, "no such token").await;
        assert_eq!(unknown.status, 401);
        assert!(field(&unknown, "ratelimit").contains(&format!("r={left};")), "{}", field(&unknown, "ratelimit"));
    }
    for refused in [refresh(&server, "no.such.token").await, validate(&server, &access, "x").await] {
        assert_eq!((refused.status, field(&refused, "retry-after")), (429, "15"));
    }
    assert_eq!(log_in_from(&server, HERE, "ana", PASSWORD).await.status, 200, "passwords are counted apart");
}

async fn new_accounts_are_counted_whoever_makes_them(storage: Storage) {
    let server = counting(storage, &[("RATE_LIMIT_REGISTRATIONS", "3/10m")]).await;
    let weak = json!({"nombre": "Ana", "correo": "ana@example.com", "password": "password"});
    for _ in 0..5 {
        assert_eq!(post_from(&server, HERE, "/auth/register", &weak).await.status, 422, "nothing was hashed");
    }
    for (path, expected) in [("/api/v1/user/create", 201), ("/api/account/create/", 400), ("/auth/register", 400)] {
        let account = json!({"username": "ana", "email": "ana@example.com", "nombre": "Ana", "correo": "ana@example.com",
            "password": PASSWORD});
        assert_eq!(post_from(&server, HERE, path, &account).await.status, expected, "{path}: taken, but tried");
    }
    let fourth = json!({"username": "ben", "email": "ben@example.com", "password": PASSWORD});
    let refused = post_from(&server, HERE, "/api/v1/user/create", &fourth).await;
    assert_eq!((refused.status, field(&refused, "retry-after")), (429, "200"));
    assert_eq!(post_from(&server, "192.0.2.2", "/api/v1/user/create", &fourth).await.status, 201);
}

async fn the_demonstration_is_limited_like_a_login(storage: Storage) {
    let server = counting(storage, &[]).await;
    let attempt = |password: &str| json!({"username": "user123", "password": password});
    for _ in 0..10 {
        let wrong = post_from(&server, HERE, "/api/request-token/", &attempt("wrong")).await;
        assert_eq!(wrong.status, 401);
    }
    let refused = post_from(&server, HERE, "/api/request-token/", &attempt("USER123")).await;
    assert_eq!((refused.status, refused.json()), (429, json!({"detail": "Too many requests. Try again later."})));
    let other = json!({"username": "user124", "password": "USER124"});
    assert_eq!(post_from(&server, HERE, "/api/request-token/", &other).await.status, 200);
}
