//! One identity behind every contract: what is done through one holds in the others.

#![cfg(test)]

use std::time::Duration;

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, on_every_storage};

on_every_storage! {
    an_account_of_users_logs_in_through_one_time_tokens
    an_account_of_one_time_tokens_logs_in_through_users
    a_one_time_token_goes_from_one_contract_to_the_other
    a_logout_of_users_ends_the_access_token_for_one_time_tokens
    a_session_goes_through_every_contract_and_ends_in_all
    a_change_of_password_through_accounts_ends_the_sessions_of_users
    a_token_that_users_spent_is_spent_for_accounts_too
    a_session_of_any_contract_is_listed_and_ended_through_accounts
}

const PASSWORD: &str = "a long walk by the sea";

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{name}: {}", answer.json())).to_owned()
}

async fn create_one_time_token(server: &TestServer, access: &str) -> Answer {
    server.send("POST", "/token/create", &[("authorization", &format!("Bearer {access}"))], "").await
}

async fn validate(server: &TestServer, access: &str, token: &str) -> u16 {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.send("POST", "/token/validate", &headers, &json!({"token": token}).to_string()).await.status
}

async fn an_account_of_users_logs_in_through_one_time_tokens(storage: Storage) {
    let server = TestServer::on(storage).await;
    let account = json!({"username": "ana", "email": "Ana@Example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/v1/user/create", &account).await.status, 201);
    let login = server.post("/auth/login", &json!({"correo": "ana@example.com", "password": PASSWORD})).await;
    assert_eq!(login.status, 200, "{}", login.json());
    let created = create_one_time_token(&server, &text(&login, "access_token")).await;
    assert_eq!(created.status, 201, "{}", created.json());
    let taken = json!({"nombre": "Ana", "correo": "ANA@example.com", "password": PASSWORD});
    assert_eq!(server.post("/auth/register", &taken).await.status, 400, "the address is the same");
}

async fn an_account_of_one_time_tokens_logs_in_through_users(storage: Storage) {
    let server = TestServer::on(storage).await;
    let account = json!({"nombre": "Ana López", "correo": "ana@example.com", "password": PASSWORD});
    let registered = server.post("/auth/register", &account).await;
    assert_eq!(registered.status, 201, "{}", registered.json());
    let login = server.post("/api/v1/user/login", &json!({"email": "ana@example.com", "password": PASSWORD})).await;
    assert_eq!(login.status, 200, "{}", login.json());
    let user = &login.json()["user"];
    assert_eq!((&user["id"], &user["email"]), (&registered.json()["id"], &json!("ana@example.com")));
    assert_eq!(user["username"], Value::Null, "nombre is a full name, not a username");
    let taken = json!({"username": "ana", "email": "ana@example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/v1/user/create", &taken).await.status, 400);
}

async fn a_one_time_token_goes_from_one_contract_to_the_other(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (of_users, _) = server.sign_up("ana").await;
    let account = json!({"nombre": "Ben", "correo": "ben@example.com", "password": PASSWORD});
    assert_eq!(server.post("/auth/register", &account).await.status, 201);
    let login = server.post("/auth/login", &json!({"correo": "ben@example.com", "password": PASSWORD})).await;
    let token = text(&create_one_time_token(&server, &of_users).await, "token");
    assert_eq!(validate(&server, &text(&login, "access_token"), &token).await, 200);
    assert_eq!(validate(&server, &of_users, &token).await, 401);
}

async fn a_logout_of_users_ends_the_access_token_for_one_time_tokens(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, refresh) = server.sign_up("ana").await;
    let (other, _) = server.log_in("ana").await;
    let token = text(&create_one_time_token(&server, &access).await, "token");
    assert_eq!(server.log_out(&access, &refresh).await.status, 200);
    let refused = create_one_time_token(&server, &access).await;
    assert_eq!((refused.status, refused.json()), (401, json!({"detail": "Credenciales inválidas"})));
    assert_eq!(validate(&server, &access, &token).await, 401);
    assert_eq!(validate(&server, &other, &token).await, 200, "the dead session did not spend it");
}

/// With a bearer and a JSON body.
async fn post_as(server: &TestServer, path: &str, access: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.send("POST", path, &headers, &body.to_string()).await
}

async fn a_session_goes_through_every_contract_and_ends_in_all(storage: Storage) {
    let server = TestServer::on(storage).await;
    let account = json!({"nombre": "Ana López", "correo": "ana@example.com", "password": PASSWORD});
    assert_eq!(server.post("/auth/register", &account).await.status, 201);
    let login = server.post("/api/v1/user/login", &json!({"email": "ana@example.com", "password": PASSWORD})).await;
    let refresh = text(&login, "refresh_token");
    let refreshed = server.post("/api/auth/refresh/", &json!({"refresh": refresh})).await;
    let access = text(&refreshed, "access");
    assert_eq!(create_one_time_token(&server, &access).await.status, 201);

    assert_eq!(post_as(&server, "/api/auth/logout/", &access, &json!({})).await.status, 200);
    for access in [access, text(&login, "access_token")] {
        assert_eq!(create_one_time_token(&server, &access).await.status, 401);
        assert_eq!(server.log_out(&access, &refresh).await.status, 401);
        assert_eq!(post_as(&server, "/api/auth/change-password/", &access, &json!({})).await.status, 401);
    }
    assert_eq!(server.refresh(&refresh).await.status, 401);
    assert_eq!(server.post("/api/auth/refresh/", &json!({"refresh": refresh})).await.status, 401);
}

async fn a_change_of_password_through_accounts_ends_the_sessions_of_users(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, refresh) = server.sign_up("ana").await;
    let (other_access, other_refresh) = server.log_in("ana").await;
    let change = json!({"current_password": PASSWORD, "new_password": "a long walk by the lake",
        "new_password_confirm": "a long walk by the lake"});
    let changed = post_as(&server, "/api/auth/change-password/", &access, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    for (access, refresh) in [(access, refresh), (other_access, other_refresh)] {
        assert_eq!(create_one_time_token(&server, &access).await.status, 401);
        assert_eq!(server.refresh(&refresh).await.status, 401);
    }
    let next = changed.json()["tokens"]["refresh"].as_str().expect("a token").to_owned();
    assert_eq!(server.refresh(&next).await.status, 200, "the caller goes on, in any contract");
    let old = server.post("/auth/login", &json!({"correo": "ana@example.com", "password": PASSWORD})).await;
    assert_eq!(old.status, 401);
}

async fn a_token_that_users_spent_is_spent_for_accounts_too(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, spent) = server.sign_up("ana").await;
    let (_, current) = server.refresh(&spent).await.tokens().expect("refreshed");
    let keep = async |token: &str| server.post("/api/auth/refresh/", &json!({"refresh": token})).await.status;
    assert_eq!((keep(&spent).await, keep(&current).await), (401, 200), "within the window it harms nobody");
    server.clock.advance(Duration::from_secs(11));
    assert_eq!((keep(&spent).await, keep(&current).await), (401, 401), "after it the session is over");
    assert_eq!(create_one_time_token(&server, &access).await.status, 401);
}

async fn a_session_of_any_contract_is_listed_and_ended_through_accounts(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (of_users, refresh) = server.sign_up("ana").await;
    server.clock.advance(Duration::from_secs(1));
    let login = server.post("/auth/login", &json!({"correo": "ana@example.com", "password": PASSWORD})).await;
    let of_one_time_tokens = text(&login, "access_token");
    let token = text(&create_one_time_token(&server, &of_users).await, "token");
    server.clock.advance(Duration::from_secs(1));
    let login = server.post("/api/auth/login/", &json!({"email": "ana@example.com", "password": PASSWORD})).await;
    let own = login.json()["tokens"]["access"].as_str().expect("a token").to_owned();

    let bearer = format!("Bearer {own}");
    let ask = async |method: &str, path: &str| server.send(method, path, &[("authorization", &bearer)], "").await;
    let listed = ask("GET", "/api/auth/sessions/").await.json();
    let current: Vec<_> = listed.as_array().expect("a list").iter().map(|session| session["current"].clone()).collect();
    assert_eq!(current, [json!(true), json!(false), json!(false)], "newest first: {listed}");
    let first = listed[2]["id"].as_str().expect("an id");
    assert_eq!(ask("DELETE", &format!("/api/auth/sessions/{first}/")).await.status, 200);
    assert_eq!(create_one_time_token(&server, &of_users).await.status, 401);
    assert_eq!(validate(&server, &of_users, &token).await, 401);
    assert_eq!(server.refresh(&refresh).await.status, 401);
    assert_eq!(create_one_time_token(&server, &of_one_time_tokens).await.status, 201, "it was not meant");
    assert_eq!(ask("DELETE", "/api/auth/sessions/").await.json()["ended"], 1);
    assert_eq!(create_one_time_token(&server, &of_one_time_tokens).await.status, 401);
}
