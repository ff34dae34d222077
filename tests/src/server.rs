//! The server in this process, with a clock that the test moves.

use std::sync::Arc;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tessera_domain::Timestamp;
use tessera_server::config::{Config, Environment};
use tessera_server::{Overrides, RunningServer};

use crate::{Answer, ManualClock};

/// Every account of the tests has this password.
const PASSWORD: &str = "a long walk by the sea";
/// The moment at which every test begins.
const START: Timestamp = Timestamp::from_unix_seconds(1_714_200_000);

/// A server on a free port and a file of its own; both are gone when it is dropped.
pub struct TestServer {
    /// Its clock.
    pub clock: Arc<ManualClock>,
    running: Option<RunningServer>,
    base: String,
    client: Client,
    config: Config,
    data: TempDir,
}

impl TestServer {
    /// A server with the settings of a development installation.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with these settings besides.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(START));
        let config = config(&data, settings);
        Self::run(config, clock, data).await
    }

    async fn run(config: Config, clock: Arc<ManualClock>, data: TempDir) -> Self {
        let overrides = Overrides { clock: Some(clock.clone()) };
        let running = tessera_server::start(&config, overrides).await.expect("the server starts");
        let base = format!("http://{}", running.addr());
        Self { clock, running: Some(running), base, client: Client::new(), config, data }
    }

    /// Stops it in order, and starts it again on the same data with the same clock.
    pub async fn restart(mut self) -> Self {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("stopped in order");
        }
        Self::run(self.config, self.clock, self.data).await
    }

    /// The folder that its data is in.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Its address: `127.0.0.1:port`.
    pub fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends anything.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the connection holds");
        Answer::read(response).await.expect("the answer is complete")
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], &body.to_string()).await
    }

    /// Registers `name` and logs in. Returns access and refresh token.
    pub async fn sign_up(&self, name: &str) -> (String, String) {
        let email = format!("{name}@example.com");
        let account = json!({"username": name, "email": email, "password": PASSWORD});
        let created = self.post("/api/v1/user/create", &account).await;
        assert_eq!(created.status, 201, "{}", created.json());
        self.log_in(name).await
    }

    /// Logs `name` in, who signed up before.
    pub async fn log_in(&self, name: &str) -> (String, String) {
        let credentials = json!({"username": name, "password": PASSWORD});
        self.post("/api/login/", &credentials).await.tokens().expect("logged in")
    }

    /// Spends a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.send("POST", "/api/v1/user/refresh", &[("x-refresh-token", token)], "").await
    }

    /// Logs out.
    pub async fn log_out(&self, access: &str, refresh: &str) -> Answer {
        let bearer = format!("Bearer {access}");
        let headers =
            [("authorization", bearer.as_str()), ("x-refresh-token", refresh), ("content-type", "application/json")];
        self.send("POST", "/api/v1/user/logout", &headers, &json!({"refresh_token": refresh}).to_string()).await
    }

    /// Stops it, as SIGTERM does.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("stopped in order");
        }
    }
}

fn config(data: &TempDir, settings: &[(&str, &str)]) -> Config {
    let folder = data.path().to_str().expect("a path in UTF-8");
    // The cheapest hashes: what is tested here is not how slow they are.
    let common = [("LISTEN_ADDR", "127.0.0.1:0"), ("DATA_DIR", folder), ("BCRYPT_COST", "4"), ("WORKERS", "1")];
    let lines: Vec<String> = settings.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
    Config::from_environment(&Environment::of(&common, &lines.join("\n"))).expect("a valid configuration")
}
