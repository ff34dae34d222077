//! Who may call `user_tokens` (requirement S1): with a secret and without, in development and in production.

use serde_json::json;
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, golden, on_every_storage};

on_every_storage! {
    a_service_shows_its_secret
    two_secrets_count_while_one_takes_the_place_of_the_other
    a_frontend_shows_none
    nothing_of_the_body_is_judged_before
    development_without_a_secret_is_open_to_this_machine_alone
    production_without_a_secret_is_closed
}

const GEN: &str = "/auth/token/gen-tokens/";
const REFRESH: &str = "/auth/token/refresh/";
const FOR_BOTH: [&str; 2] = ["/auth/token/validate-token/", "/auth/token/invalidate-tokens/"];

const OLD: &str = "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe";
const NEW: &str = "Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aUe";

const SECRET: &str = "X-SERVICE-SECRET";
const JSON: (&str, &str) = ("content-type", "application/json");
const BOB: &str = r#"{"id":1,"username":"bob"}"#;

async fn post(server: &TestServer, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    server.send("POST", path, &[&[JSON], headers].concat(), body).await
}

/// Mints for Bob, and returns the access and the refresh token.
async fn mint(server: &TestServer, headers: &[(&str, &str)]) -> (String, String) {
    let answer = post(server, GEN, headers, BOB).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let text = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
    (text("access"), text("refresh"))
}

fn presented(access: &str) -> String {
    json!({"id": 1, "access": access}).to_string()
}

#[track_caller]
fn is_unauthorized(answer: &Answer) {
    assert_eq!((answer.status, answer.json()), (401, json!({"error": "Unauthorized request"})));
    assert!(answer.headers.get("www-authenticate").is_some_and(|challenge| challenge == "Bearer"));
}

async fn a_service_shows_its_secret(storage: Storage) {
    let server = TestServer::on_with(storage, &[("SERVICE_SECRET", OLD)]).await;
    assert_snapshot!(golden::render(&post(&server, GEN, &[], BOB).await), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "error": "Unauthorized request"
    }
    "#);
    let (access, refresh) = mint(&server, &[(SECRET, OLD)]).await;
    let body = presented(&access);
    let lengthened = format!("{OLD}x");
    for wrong in ["", " ", NEW, &OLD[1..], &lengthened, &OLD.to_lowercase(), "é"] {
        for (path, body) in [(GEN, BOB), (FOR_BOTH[0], &body), (FOR_BOTH[1], &body)] {
            is_unauthorized(&post(&server, path, &[(SECRET, wrong)], body).await);
        }
    }
    is_unauthorized(&post(&server, GEN, &[(SECRET, OLD), (SECRET, OLD)], BOB).await);
    is_unauthorized(&post(&server, GEN, &[("authorization", &format!("Bearer {OLD}"))], BOB).await);
    assert_eq!(post(&server, FOR_BOTH[0], &[(SECRET, OLD)], &body).await.status, 200, "nothing was ended meanwhile");
    let refreshing = json!({"id": 1, "refresh": refresh}).to_string();
    let refreshed = post(&server, REFRESH, &[], &refreshing).await;
    assert_eq!(refreshed.status, 200, "a refresh token proves itself");
    let body = presented(refreshed.json()["access"].as_str().expect("a token"));
    let through_a_proxy = [(SECRET, OLD), ("x-forwarded-for", "203.0.113.7")];
    assert_eq!(post(&server, FOR_BOTH[1], &through_a_proxy, &body).await.status, 200);
}

async fn two_secrets_count_while_one_takes_the_place_of_the_other(storage: Storage) {
    let both = format!("{OLD},{NEW}");
    let server = TestServer::on_with(storage, &[("SERVICE_SECRET", &both)]).await;
    for secret in [OLD, NEW] {
        let (access, _) = mint(&server, &[(SECRET, secret)]).await;
        for path in FOR_BOTH {
            assert_eq!(post(&server, path, &[(SECRET, secret)], &presented(&access)).await.status, 200, "{path}");
        }
    }
    is_unauthorized(&post(&server, GEN, &[(SECRET, &both)], BOB).await);
}

async fn a_frontend_shows_none(storage: Storage) {
    let server = TestServer::on_with(storage, &[("SERVICE_SECRET", OLD)]).await;
    let (access, _) = mint(&server, &[(SECRET, OLD)]).await;
    for not_true in [json!(false), json!(null), json!(1), json!("1"), json!("yes"), json!([true]), json!({})] {
        let body = json!({"id": 1, "access": access, "is_frontend": not_true}).to_string();
        for path in FOR_BOTH {
            is_unauthorized(&post(&server, path, &[], &body).await);
        }
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("id=1&access={access}&is_frontend=");
    is_unauthorized(&server.send("POST", FOR_BOTH[0], &form, &format!("{body}false")).await);
    for yes in ["true", "True"] {
        assert_eq!(server.send("POST", FOR_BOTH[0], &form, &format!("{body}{yes}")).await.status, 200);
    }
    let minting = json!({"id": 1, "username": "bob", "is_frontend": true}).to_string();
    is_unauthorized(&post(&server, GEN, &[], &minting).await);
    let body = json!({"id": 1, "access": access, "is_frontend": true}).to_string();
    for path in FOR_BOTH {
        assert_eq!(post(&server, path, &[], &body).await.status, 200, "{path}");
    }
}

async fn nothing_of_the_body_is_judged_before(storage: Storage) {
    let server = TestServer::on_with(storage, &[("SERVICE_SECRET", OLD)]).await;
    for body in ["", "{}", "{", r#"{"id":true}"#] {
        is_unauthorized(&post(&server, GEN, &[], body).await);
    }
    for path in FOR_BOTH {
        for body in ["", "{}", r#"{"id":true}"#, r#"{"is_frontend":false}"#] {
            is_unauthorized(&post(&server, path, &[], body).await);
        }
        let incomplete = post(&server, path, &[], r#"{"is_frontend":true}"#).await;
        assert_eq!(incomplete.json(), json!({"error": "Access token and id are required"}), "{path}");
    }
}

async fn development_without_a_secret_is_open_to_this_machine_alone(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, _) = mint(&server, &[]).await;
    mint(&server, &[(SECRET, "whatever")]).await;
    let (access, body) = (mint(&server, &[]).await.0, presented(&access));
    for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"] {
        for value in ["for=127.0.0.1", "127.0.0.1", ""] {
            for (path, body) in [(GEN, BOB), (FOR_BOTH[0], &body), (FOR_BOTH[1], &body)] {
                is_unauthorized(&post(&server, path, &[(name, value)], body).await);
            }
        }
        let frontend = json!({"id": 1, "access": access, "is_frontend": true}).to_string();
        assert_eq!(post(&server, FOR_BOTH[0], &[(name, "127.0.0.1")], &frontend).await.status, 200, "{name}");
    }
}

async fn production_without_a_secret_is_closed(storage: Storage) {
    let production = [("APP_ENV", "production"), ("SECRET_KEY", NEW), ("BCRYPT_COST", "10")];
    let server = TestServer::on_with(storage, &production).await;
    for headers in [&[][..], &[(SECRET, "")], &[(SECRET, NEW)], &[("x-forwarded-for", "127.0.0.1")]] {
        is_unauthorized(&post(&server, GEN, headers, BOB).await);
        for path in FOR_BOTH {
            is_unauthorized(&post(&server, path, headers, &presented("a.b.c")).await);
        }
    }
    for path in FOR_BOTH {
        let body = json!({"id": 1, "access": "a.b.c", "is_frontend": true}).to_string();
        assert_ne!(post(&server, path, &[], &body).await.json(), json!({"error": "Unauthorized request"}), "{path}");
    }
    let refreshing = post(&server, REFRESH, &[], r#"{"id":1,"refresh":"a.b.c"}"#).await;
    assert_eq!((refreshing.status, refreshing.json()), (404, json!({"error": "User not found"})));

    let settings = [&production[..], &[("SERVICE_SECRET", OLD)]].concat();
    let server = TestServer::on_with(storage, &settings).await;
    mint(&server, &[(SECRET, OLD)]).await;
}
