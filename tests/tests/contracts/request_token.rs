//! The contract `request_token`: every row, both slash forms, JSON and forms.

use serde_json::json;
use tessera_tests::{Storage, TestServer, assert_snapshot, golden, on_every_storage};

on_every_storage! {
    the_right_password_is_the_name_in_capitals
    upper_case_is_unicodes
    a_wrong_password
    names_in_a_are_refused_after_the_credentials
    incomplete_input_has_one_answer
    a_form_is_as_good_as_json
    what_the_framework_refuses_has_the_contracts_shape
    production_has_no_demonstration
}

const PATH: &str = "/api/request-token/";

async fn the_right_password_is_the_name_in_capitals(storage: Storage) {
    let server = TestServer::on(storage).await;
    let answer = server.post(PATH, &json!({"username": "user123", "password": "USER123"})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "token": "user123_1714200000"
    }
    "#);
    let bare = server.post("/api/request-token", &json!({"username": "user123", "password": "USER123"})).await;
    assert_eq!((bare.status, bare.bytes), (answer.status, answer.bytes));
}

async fn upper_case_is_unicodes(storage: Storage) {
    let server = TestServer::on(storage).await;
    let answer = server.post(PATH, &json!({"username": "straße", "password": "STRASSE"})).await;
    assert_eq!(answer.status, 200);
    let lower = server.post(PATH, &json!({"username": "straße", "password": "STRAßE"})).await;
    assert_eq!(lower.status, 401);
}

async fn a_wrong_password(storage: Storage) {
    let server = TestServer::on(storage).await;
    let answer = server.post(PATH, &json!({"username": "user123", "password": "user123"})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Invalid credentials"
    }
    "#);
}

async fn names_in_a_are_refused_after_the_credentials(storage: Storage) {
    let server = TestServer::on(storage).await;
    let answer = server.post(PATH, &json!({"username": "Anna", "password": "ANNA"})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Users starting with 'A' cannot be issued tokens"
    }
    "#);
    let wrong = server.post(PATH, &json!({"username": "Anna", "password": "Anna"})).await;
    assert_eq!(wrong.status, 401);
    let small = server.post(PATH, &json!({"username": "anna", "password": "ANNA"})).await;
    assert_eq!(small.status, 200);
}

async fn incomplete_input_has_one_answer(storage: Storage) {
    let server = TestServer::on(storage).await;
    let expected = json!({"detail": "Username and password are required."});
    for body in [
        json!({}),
        json!({"username": "user123"}),
        json!({"password": "USER123"}),
        json!({"username": "", "password": "USER123"}),
        json!({"username": "user123", "password": ""}),
        json!({"username": 123, "password": "123"}),
        json!({"username": ["user123"], "password": "USER123"}),
        json!({"username": null, "password": null}),
        json!({"username": true, "password": "TRUE"}),
    ] {
        let answer = server.post(PATH, &body).await;
        assert_eq!((answer.status, answer.json()), (400, expected.clone()), "{body}");
    }
}

async fn a_form_is_as_good_as_json(storage: Storage) {
    let server = TestServer::on(storage).await;
    let form =
        |body: &'static str| server.send("POST", PATH, &[("content-type", "application/x-www-form-urlencoded")], body);
    assert_eq!(form("username=user123&password=USER123").await.status, 200);
    assert_eq!(form("username=jos%C3%A9+p&password=JOS%C3%89+P").await.status, 200);
    assert_eq!(form("username=user123").await.status, 400);
    assert_eq!(form("username=user123&username=other&password=USER123").await.status, 400);
}

async fn what_the_framework_refuses_has_the_contracts_shape(storage: Storage) {
    let server = TestServer::on(storage).await;
    let json = [("content-type", "application/json")];
    for (method, headers, body, status) in [
        ("POST", &json[..], "{", 400),
        ("POST", &json[..], "[]", 400),
        ("POST", &[("content-type", "text/plain")][..], "{}", 415),
        ("GET", &[][..], "", 405),
        ("PUT", &json[..], "{}", 405),
    ] {
        let answer = server.send(method, PATH, headers, body).await;
        assert_eq!(answer.status, status, "{method} {body}");
        assert!(answer.json()["detail"].is_string(), "{method} {body}");
        assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(1));
    }
}

async fn production_has_no_demonstration(storage: Storage) {
    let server = TestServer::on_with(storage, &[("REQUEST_TOKEN_DEMO", "off")]).await;
    let answer = server.post(PATH, &json!({"username": "user123", "password": "USER123"})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Not found."
    }
    "#);
}
