//! The contract `accounts`: every row of its table, and the settled points that concern it.

mod activity;
mod deletion;
mod links;
mod own_sessions;
mod passwords;
mod profile;
mod refusals;
mod sessions;

use serde_json::{Value, json};
use tessera_tests::{Answer, TestServer};

const REGISTER: &str = "/api/auth/register/";
const LOGIN: &str = "/api/auth/login/";
const LOGOUT: &str = "/api/auth/logout/";
const REFRESH: &str = "/api/auth/refresh/";
const PROFILE: &str = "/api/auth/profile/";
const UPDATE: &str = "/api/auth/profile/update/";
const CHANGE: &str = "/api/auth/change-password/";
const FORGOT: &str = "/api/auth/forgot-password/";
const RESET: &str = "/api/auth/reset-password/";
const VERIFY: &str = "/api/auth/verify-email/";
const ACTIVITY: &str = "/api/auth/activity/";
const SESSIONS: &str = "/api/auth/sessions/";
const RESEND: &str = "/api/auth/verify-email/resend/";

const PASSWORD: &str = "SecurePass123!";
const NEW_PASSWORD: &str = "a long walk by the lake";

/// The tokens of a session.
#[derive(Debug, Clone)]
struct Session {
    access: String,
    refresh: String,
}

impl Session {
    fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |name: &str| body["tokens"][name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
        Self { access: text("access"), refresh: text("refresh") }
    }
}

fn account(name: &str) -> Value {
    json!({"email": format!("{name}@example.com"), "full_name": "John Doe", "password": PASSWORD,
        "password_confirm": PASSWORD})
}

fn credentials(name: &str, password: &str) -> Value {
    json!({"email": format!("{name}@example.com"), "password": password})
}

async fn sign_up(server: &TestServer, name: &str) -> Session {
    Session::of(&server.post(REGISTER, &account(name)).await)
}

async fn log_in(server: &TestServer, name: &str) -> Session {
    Session::of(&server.post(LOGIN, &credentials(name, PASSWORD)).await)
}

/// With a bearer and a JSON body.
async fn send(server: &TestServer, method: &str, path: &str, access: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.send(method, path, &headers, &body.to_string()).await
}

/// With a bearer alone.
async fn get(server: &TestServer, path: &str, access: &str) -> Answer {
    server.send("GET", path, &[("authorization", &format!("Bearer {access}"))], "").await
}

async fn form(server: &TestServer, path: &str, body: &str) -> Answer {
    server.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body).await
}

async fn refresh(server: &TestServer, token: &str) -> Answer {
    server.post(REFRESH, &json!({"refresh": token})).await
}

/// Holds that nothing of a session counts any longer.
async fn assert_dead(server: &TestServer, session: &Session) {
    assert_eq!(get(server, PROFILE, &session.access).await.status, 401, "the access token is dead");
    assert_eq!(refresh(server, &session.refresh).await.status, 401, "the refresh token is dead");
}

/// Holds that a session goes on.
async fn assert_alive(server: &TestServer, session: &Session) {
    assert_eq!(get(server, PROFILE, &session.access).await.status, 200);
    assert_eq!(refresh(server, &session.refresh).await.status, 200);
}
