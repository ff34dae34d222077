//! The contract `one_time_tokens`: every row of its table, and the settled points that concern it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, decode_base64url, golden, on_every_storage};

on_every_storage! {
    register_answers_with_the_account
    what_is_missing_is_told_as_fastapi_tells_it
    what_is_wrong_is_told_as_pydantic_tells_it
    a_weak_password_is_one_item_a_rule
    privileged_members_change_nothing
    login_answers_with_an_access_token_and_its_lifetime
    wrong_and_unknown_are_one_answer
    a_token_is_created_and_consumed_once
    both_slash_forms_create_and_consume
    any_account_may_consume_a_token
    whoever_is_not_allowed_consumes_nothing
    a_token_expires_on_time
    the_lifetime_is_what_was_configured
    of_a_hundred_simultaneous_calls_one_consumes_the_token
    a_restart_keeps_what_is_unspent_and_only_that
    no_token_is_at_rest
    what_the_framework_refuses_is_a_detail_too
}

const REGISTER: &str = "/auth/register";
const LOGIN: &str = "/auth/login";
const CREATE: &str = "/token/create";
const VALIDATE: &str = "/token/validate";

fn ana() -> Value {
    json!({"nombre": "Ana López", "correo": "ana@example.com", "password": "securepassword123"})
}

async fn logged_in(server: &TestServer) -> String {
    let registered = server.post(REGISTER, &ana()).await;
    assert_eq!(registered.status, 201, "{}", registered.json());
    log_in(server, "ana@example.com").await
}

async fn log_in(server: &TestServer, correo: &str) -> String {
    let answer = server.post(LOGIN, &json!({"correo": correo, "password": "securepassword123"})).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

async fn create(server: &TestServer, access: &str) -> String {
    let answer = server.send("POST", CREATE, &[("authorization", &format!("Bearer {access}"))], "").await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["token"].as_str().expect("a token").to_owned()
}

async fn validate(server: &TestServer, access: &str, token: &str) -> Answer {
    validate_body(server, access, &json!({"token": token}).to_string()).await
}

async fn validate_body(server: &TestServer, access: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.send("POST", VALIDATE, &headers, body).await
}

async fn register_answers_with_the_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.post(REGISTER, &ana()).await), @r#"
    201
    cache-control: no-store
    content-type: application/json

    {
      "correo": "ana@example.com",
      "id": "[uuid]",
      "is_active": true,
      "nombre": "Ana López"
    }
    "#);
    let again = server.post("/auth/register/", &ana()).await;
    assert_snapshot!(golden::render(&again), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "detail": "El correo ya está registrado"
    }
    "#);
    let respelled = json!({"nombre": "Eve", "correo": "ANA@Example.Com", "password": "securepassword123"});
    assert_eq!(server.post(REGISTER, &respelled).await.status, 400);
}

async fn what_is_missing_is_told_as_fastapi_tells_it(storage: Storage) {
    let server = TestServer::on(storage).await;
    let sent = json!({"nombre": "Ana", "password": "securepassword123"});
    assert_snapshot!(golden::render(&server.post(REGISTER, &sent).await), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": {
            "nombre": "Ana",
            "password": "**********"
          },
          "loc": [
            "body",
            "correo"
          ],
          "msg": "Field required",
          "type": "missing"
        }
      ]
    }
    "#);
    assert_snapshot!(golden::render(&server.post(LOGIN, &json!({})).await), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": {},
          "loc": [
            "body",
            "correo"
          ],
          "msg": "Field required",
          "type": "missing"
        },
        {
          "input": {},
          "loc": [
            "body",
            "password"
          ],
          "msg": "Field required",
          "type": "missing"
        }
      ]
    }
    "#);
    let no_body = server.send("POST", LOGIN, &[("content-type", "application/json")], "").await;
    assert_snapshot!(golden::render(&no_body), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": null,
          "loc": [
            "body"
          ],
          "msg": "Field required",
          "type": "missing"
        }
      ]
    }
    "#);
}

async fn what_is_wrong_is_told_as_pydantic_tells_it(storage: Storage) {
    let server = TestServer::on(storage).await;
    let odd = json!({"nombre": 7, "correo": "ana", "password": null});
    assert_snapshot!(golden::render(&server.post(REGISTER, &odd).await), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": 7,
          "loc": [
            "body",
            "nombre"
          ],
          "msg": "Input should be a valid string",
          "type": "string_type"
        },
        {
          "input": "ana",
          "loc": [
            "body",
            "correo"
          ],
          "msg": "value is not a valid email address: An email address must have an @-sign.",
          "type": "value_error"
        },
        {
          "input": "**********",
          "loc": [
            "body",
            "password"
          ],
          "msg": "Input should be a valid string",
          "type": "string_type"
        }
      ]
    }
    "#);
    let list = server.post(LOGIN, &json!(["securepassword123"])).await;
    assert_snapshot!(golden::render(&list), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": [],
          "loc": [
            "body"
          ],
          "msg": "Input should be a valid dictionary or object to extract fields from",
          "type": "model_attributes_type"
        }
      ]
    }
    "#);
    let malformed = server.send("POST", LOGIN, &[("content-type", "application/json")], r#"{"correo": "ana","#).await;
    assert_snapshot!(golden::render(&malformed), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": {},
          "loc": [
            "body",
            17
          ],
          "msg": "JSON decode error",
          "type": "json_invalid"
        }
      ]
    }
    "#);
    let twice = r#"{"correo":"ana@example.com","password":"securepassword123","password":"x"}"#;
    let twice = server.send("POST", LOGIN, &[("content-type", "application/json")], twice).await;
    assert_eq!((twice.status, &twice.json()["detail"][0]["type"]), (422, &json!("json_invalid")));
}

async fn a_weak_password_is_one_item_a_rule(storage: Storage) {
    let server = TestServer::on(storage).await;
    let with = |password: &str| json!({"nombre": "Ana López", "correo": "ana@example.com", "password": password});
    assert_snapshot!(golden::render(&server.post(REGISTER, &with("1234")).await), @r#"
    422
    cache-control: no-store
    content-type: application/json

    {
      "detail": [
        {
          "input": "**********",
          "loc": [
            "body",
            "password"
          ],
          "msg": "Value error, La contraseña es demasiado corta. Debe contener al menos 8 caracteres.",
          "type": "value_error"
        },
        {
          "input": "**********",
          "loc": [
            "body",
            "password"
          ],
          "msg": "Value error, La contraseña es demasiado común.",
          "type": "value_error"
        },
        {
          "input": "**********",
          "loc": [
            "body",
            "password"
          ],
          "msg": "Value error, La contraseña es enteramente numérica.",
          "type": "value_error"
        }
      ]
    }
    "#);
    for password in ["password", "12345678", "qwerty123", "Ana López1", "", "   ", &"x".repeat(1_025)] {
        let answer = server.post(REGISTER, &with(password)).await;
        assert_eq!(answer.status, 422, "{password}");
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "password"]), "{password}");
    }
    assert_eq!(server.post(REGISTER, &with("SecurePass123!")).await.status, 201);
}

async fn privileged_members_change_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let mut body = ana();
    for name in ["is_staff", "is_superuser", "is_verified"] {
        body[name] = json!(true);
    }
    body["is_active"] = json!(false);
    body["id"] = json!("00000000-0000-7000-8000-000000000000");
    let registered = server.post(REGISTER, &body).await;
    assert_eq!((registered.status, &registered.json()["is_active"]), (201, &json!(true)));
    assert_ne!(registered.json()["id"], body["id"]);
    let access = log_in(&server, "ana@example.com").await;
    let list = server.send("GET", "/api/v1/users", &[("authorization", &format!("Bearer {access}"))], "").await;
    assert!(list.json()[0].get("email").is_none(), "an ordinary account sees no addresses");
}

async fn login_answers_with_an_access_token_and_its_lifetime(storage: Storage) {
    let server = TestServer::on(storage).await;
    logged_in(&server).await;
    let body = json!({"correo": "Ana@Example.com", "password": "securepassword123"});
    assert_snapshot!(golden::render(&server.post(LOGIN, &body).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "[jwt]",
      "expires_in": 900,
      "token_type": "bearer"
    }
    "#);

    let server = TestServer::on_with(storage, &[("access_token_expire_minutes", "20")]).await;
    server.post(REGISTER, &ana()).await;
    assert_eq!(server.post("/auth/login/", &body).await.json()["expires_in"], 1_200);
}

async fn wrong_and_unknown_are_one_answer(storage: Storage) {
    let server = TestServer::on(storage).await;
    logged_in(&server).await;
    let wrong = server.post(LOGIN, &json!({"correo": "ana@example.com", "password": "securepassword124"})).await;
    let unknown = server.post(LOGIN, &json!({"correo": "nobody@example.com", "password": "securepassword123"})).await;
    assert_snapshot!(golden::render(&wrong), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Credenciales incorrectas"
    }
    "#);
    assert_eq!(golden::render(&wrong), golden::render(&unknown));
    let long = "x".repeat(1_025);
    for password in ["", "   ", long.as_str()] {
        let tried = |correo: &str| json!({"correo": correo, "password": password});
        let (known, unknown) = (tried("ana@example.com"), tried("nobody@example.com"));
        assert_eq!(server.post(LOGIN, &known).await.status, 422);
        assert_eq!(server.post(LOGIN, &unknown).await.status, 422);
    }
}

async fn a_token_is_created_and_consumed_once(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let bearer = format!("Bearer {access}");
    let created = server.send("POST", CREATE, &[("authorization", &bearer)], "").await;
    let token = created.json()["token"].as_str().expect("a token").to_owned();
    assert_eq!(decode_base64url(&token).len(), 32, "256 bits");
    assert_snapshot!(golden::render(&created).replace(&token, "[token]"), @r#"
    201
    cache-control: no-store
    content-type: application/json

    {
      "expires_in": 10,
      "token": "[token]"
    }
    "#);
    assert_snapshot!(golden::render(&validate(&server, &access, &token).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Token válido y ahora consumido"
    }
    "#);
    assert_snapshot!(golden::render(&validate(&server, &access, &token).await), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Token inválido o ya utilizado"
    }
    "#);
    for unknown in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &format!("{token}="), &access] {
        let answer = validate(&server, &access, unknown).await;
        assert_eq!(
            (answer.status, answer.json()),
            (401, json!({"detail": "Token inválido o ya utilizado"})),
            "{unknown}"
        );
    }
}

async fn both_slash_forms_create_and_consume(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let created = server.send("POST", "/token/create/", &headers, "{}").await;
    assert_eq!(created.status, 201);
    let body = json!({"token": created.json()["token"]}).to_string();
    assert_eq!(server.send("POST", "/token/validate/", &headers, &body).await.status, 200);
}

async fn any_account_may_consume_a_token(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let token = create(&server, &access).await;
    let eve = json!({"nombre": "Eve", "correo": "eve@example.com", "password": "securepassword123"});
    assert_eq!(server.post(REGISTER, &eve).await.status, 201);
    let theirs = log_in(&server, "eve@example.com").await;
    assert_eq!(validate(&server, &theirs, &token).await.status, 200);
    assert_eq!(validate(&server, &access, &token).await.status, 401);
}

async fn whoever_is_not_allowed_consumes_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let token = create(&server, &access).await;
    let body = json!({"token": token});
    let anonymous = server.post(VALIDATE, &body).await;
    assert_snapshot!(golden::render(&anonymous), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Not authenticated"
    }
    "#);
    assert_eq!(golden::render(&server.post(CREATE, &json!({})).await), golden::render(&anonymous));
    assert_snapshot!(golden::render(&validate(&server, "garbage", &token).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Credenciales inválidas"
    }
    "#);
    let (_, refresh) = server.sign_up("eve").await;
    assert_eq!(validate(&server, &refresh, &token).await.status, 401, "a refresh token opens nothing");
    let one_time_as_bearer = validate(&server, &token, &token).await;
    assert_eq!(one_time_as_bearer.json(), json!({"detail": "Credenciales inválidas"}));
    for malformed in ["", "{", "[]", "{}", r#"{"token":null}"#, &format!(r#"{{"token":"{token}","token":"{token}"}}"#)]
    {
        assert_eq!(validate_body(&server, &access, malformed).await.status, 422, "{malformed}");
    }
    let bearer = format!("Bearer {access}");
    let form = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(server.send("POST", VALIDATE, &form, &format!("token={token}")).await.status, 415);
    assert_eq!(validate(&server, &access, &token).await.status, 200, "it stayed usable");
}

async fn a_token_expires_on_time(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let (early, late) = (create(&server, &access).await, create(&server, &access).await);
    server.clock.advance(Duration::from_micros(9_999_999));
    assert_eq!(validate(&server, &access, &early).await.status, 200);
    server.clock.advance(Duration::from_micros(1));
    let answer = validate(&server, &access, &late).await;
    assert_eq!((answer.status, answer.json()), (401, json!({"detail": "Token inválido o ya utilizado"})));
}

async fn the_lifetime_is_what_was_configured(storage: Storage) {
    let server = TestServer::on_with(storage, &[("onetime_token_expire_seconds", "45")]).await;
    let access = logged_in(&server).await;
    let bearer = format!("Bearer {access}");
    let created = server.send("POST", CREATE, &[("authorization", &bearer)], "").await.json();
    assert_eq!(created["expires_in"], 45);
    server.clock.advance(Duration::from_secs(44));
    assert_eq!(validate(&server, &access, created["token"].as_str().expect("a token")).await.status, 200);
}

async fn of_a_hundred_simultaneous_calls_one_consumes_the_token(storage: Storage) {
    let server = TestServer::on_with(storage, &[("WORKERS", "4")]).await;
    let access = logged_in(&server).await;
    for _ in 0..5 {
        let token = create(&server, &access).await;
        let mut counts = BTreeMap::new();
        for answer in join_all((0..100).map(|_| validate(&server, &access, &token))).await {
            *counts.entry(answer.status).or_insert(0) += 1;
        }
        assert_eq!(counts, BTreeMap::from([(200, 1), (401, 99)]));
    }
}

async fn a_restart_keeps_what_is_unspent_and_only_that(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let (spent, unspent) = (create(&server, &access).await, create(&server, &access).await);
    assert_eq!(validate(&server, &access, &spent).await.status, 200);
    let server = server.restart().await;
    assert_eq!(validate(&server, &access, &spent).await.status, 401);
    assert_eq!(validate(&server, &access, &unspent).await.status, 200);
    let server = server.restart().await;
    assert_eq!(validate(&server, &access, &unspent).await.status, 401);
}

async fn no_token_is_at_rest(storage: Storage) {
    let server = TestServer::on(storage).await;
    let access = logged_in(&server).await;
    let token = create(&server, &access).await;
    let secret = decode_base64url(&token);
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let bytes = server.data().at_rest().await;
    assert!(holds(&bytes, b"ana@example.com"), "this is where things are kept");
    assert!(!holds(&bytes, token.as_bytes()) && !holds(&bytes, &secret));
}

async fn what_the_framework_refuses_is_a_detail_too(storage: Storage) {
    let server = TestServer::on(storage).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = server.send("POST", LOGIN, &form, "correo=ana@example.com&password=securepassword123").await;
    assert_snapshot!(golden::render(&answer), @r#"
    415
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Unsupported Media Type"
    }
    "#);
    assert_snapshot!(golden::render(&server.send("DELETE", LOGIN, &[], "").await), @r#"
    405
    allow: POST
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Method Not Allowed"
    }
    "#);
    assert_snapshot!(golden::render(&server.get("/token/nothing").await), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Not Found"
    }
    "#);
}
