//! The server in a process of its own, which can be killed like any other.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Client;
use serde_json::{Value, json};
use tessera_test_servers::Guardian;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, Notify};

use crate::{Answer, Data};

/// A child process; it is killed when it is dropped, and when the test process is killed.
pub struct ServerProcess {
    child: Mutex<Child>,
    _guardian: Guardian,
    base: String,
    client: Client,
    answers: AtomicUsize,
    answered: Notify,
}

impl ServerProcess {
    /// Starts the server `program` on this data, and waits until it says where it listens.
    pub async fn start(program: &str, data: &Data) -> Self {
        Self::start_with(program, data, &[]).await
    }

    /// The same with these settings besides.
    pub async fn start_with(program: &str, data: &Data, settings: &[(&str, &str)]) -> Self {
        let guardian = Guardian::of_a_group();
        let mut child = Command::new(program)
            .process_group(guardian.group())
            .env_clear()
            .envs([("LISTEN_ADDR", "127.0.0.1:0"), ("BCRYPT_COST", "4"), ("LOG_FORMAT", "json"), ("RATE_LIMIT", "off")])
            .envs(data.settings())
            .envs(settings.iter().copied())
            .current_dir(data.folder())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = loop {
            let line = lines.next_line().await.expect("readable").expect("the server says where it listens");
            if let Some(address) = address_in(&line) {
                break address;
            }
        };
        // Read on, so that the server never waits for its log.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            child: Mutex::new(child),
            _guardian: guardian,
            base: format!("http://{address}"),
            client: Client::new(),
            answers: AtomicUsize::new(0),
            answered: Notify::new(),
        }
    }

    /// `POST path` with a JSON body; nothing if the connection broke before the answer was complete.
    pub async fn post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.send(path, &[], body).await
    }

    /// `POST path` with these headers besides.
    pub async fn send(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Option<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.post(url).header("content-type", "application/json").body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::read(request.send().await.ok()?).await.ok()?;
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.answered.notify_one();
        Some(answer)
    }

    /// Registers `name` and logs in. Returns access and refresh token.
    pub async fn sign_up(&self, name: &str) -> (String, String) {
        let password = "a long walk by the sea";
        let account = json!({"username": name, "email": format!("{name}@example.com"), "password": password});
        self.post("/api/v1/user/create", &account).await.expect("registered");
        let credentials = json!({"username": name, "password": password});
        let answer = self.post("/api/login/", &credentials).await.expect("answered");
        answer.tokens().expect("logged in")
    }

    /// Spends a refresh token.
    pub async fn refresh(&self, token: &str) -> Option<Answer> {
        self.send("/api/v1/user/refresh", &[("x-refresh-token", token)], &json!({})).await
    }

    /// Logs out.
    pub async fn log_out(&self, access: &str, refresh: &str) -> Option<Answer> {
        let bearer = format!("Bearer {access}");
        let headers = [("authorization", bearer.as_str()), ("x-refresh-token", refresh)];
        self.send("/api/v1/user/logout", &headers, &json!({"refresh_token": refresh})).await
    }

    /// Kills it with SIGKILL as soon as it has given `count` answers.
    pub async fn kill_after_answers(&self, count: usize) {
        while self.answers.load(Ordering::SeqCst) < count {
            self.answered.notified().await;
        }
        self.kill().await;
    }

    /// Kills it with SIGKILL, and waits until it is gone.
    pub async fn kill(&self) {
        self.child.lock().await.kill().await.expect("killed");
    }
}

/// The address in the line that says where the server listens.
fn address_in(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    event.get("addr")?.as_str().map(str::to_owned)
}
