//! One identity behind every contract: what is done through one holds in the others.

#![cfg(test)]

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, on_every_storage};

on_every_storage! {
    an_account_of_users_logs_in_through_one_time_tokens
    an_account_of_one_time_tokens_logs_in_through_users
    a_one_time_token_goes_from_one_contract_to_the_other
    a_logout_of_users_ends_the_access_token_for_one_time_tokens
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
