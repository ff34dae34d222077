//! The server in this process, with a clock that the test moves.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, OnceLock, Weak};
use std::thread;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tessera_domain::Timestamp;
use tessera_repositories::MailOutboxRepository;
use tessera_server::config::{Config, Environment};
use tessera_server::{Overrides, RunningServer};
use tokio::runtime::Runtime;

use crate::{Answer, Data, ManualClock, Storage, eventually};

/// Every account of the tests has this password.
const PASSWORD: &str = "a long walk by the sea";
/// The moment at which every test begins.
const START: Timestamp = Timestamp::from_unix_seconds(1_714_200_000);

/// What all servers run on, apart from the tests: a server can be stopped also where a test failed, from a destructor.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// A server on a free port, on data of its own. It is stopped when it is dropped, and its data is gone with it.
pub struct TestServer {
    /// Its clock.
    pub clock: Arc<ManualClock>,
    running: Option<RunningServer>,
    base: String,
    client: Client,
    config: Config,
    data: Arc<Data>,
    outbox: Weak<dyn MailOutboxRepository>,
}

impl TestServer {
    /// A server with the settings of a development installation, for what does not depend on the storage.
    pub async fn start() -> Self {
        Self::on(Storage::Sqlite).await
    }

    /// A server with these settings besides.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::on_with(Storage::Sqlite, settings).await
    }

    /// A server on this storage.
    pub async fn on(storage: Storage) -> Self {
        Self::on_with(storage, &[]).await
    }

    /// A server on this storage, with these settings besides.
    pub async fn on_with(storage: Storage, settings: &[(&str, &str)]) -> Self {
        let data = Arc::new(Data::on(storage));
        Self::run(config(&data, settings), Arc::new(ManualClock::at(START)), data).await
    }

    /// A server on data that is there already, with these settings, at this moment.
    pub async fn on_data(data: Arc<Data>, now: Timestamp, settings: &[(&str, &str)]) -> Self {
        Self::run(config(&data, settings), Arc::new(ManualClock::at(now)), data).await
    }

    async fn run(config: Config, clock: Arc<ManualClock>, data: Arc<Data>) -> Self {
        let outbox = Arc::new(OnceLock::new());
        let found = Arc::clone(&outbox);
        let mut overrides = Overrides::with_storages(move |storages| {
            found.get_or_init(|| Arc::downgrade(&storages.mail_outbox));
        });
        overrides.clock = Some(clock.clone());
        let settings = config.clone();
        let started = RUNTIME.spawn(async move { tessera_server::start(&settings, &overrides).await });
        let running = started.await.expect("no panic").expect("the server starts");
        let base = format!("http://{}", running.addr());
        let outbox = outbox.get().expect("the storages are open").clone();
        Self { clock, running: Some(running), base, client: Client::new(), config, data, outbox }
    }

    /// Another instance, on the same data and with the same clock.
    pub async fn another_instance(&self) -> Self {
        Self::run(self.config.clone(), self.clock.clone(), self.data.clone()).await
    }

    /// Stops it in order, and starts it again on the same data with the same clock.
    pub async fn restart(mut self) -> Self {
        self.stop_running();
        self.another_instance().await
    }

    /// What it keeps.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Its address: `127.0.0.1:port`.
    pub fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Waits until no mail is in the hands of the sender. A mail can be read before it counts as sent, and a link that is
    /// asked for in between needs no other mail than that one.
    pub async fn outbox_is_empty(&self) {
        let outbox = self.outbox.upgrade().expect("it runs");
        let waiting = async || outbox.backlog().await.is_ok_and(|backlog| backlog.waiting == 0).then_some(());
        eventually("all mails are sent", waiting).await;
    }

    /// Where the metrics are, if the settings ask for them.
    pub fn metrics_addr(&self) -> SocketAddr {
        self.running.as_ref().and_then(RunningServer::metrics_addr).expect("METRICS_ADDR is set")
    }

    /// What is read there.
    pub async fn metrics(&self) -> String {
        let addr = self.metrics_addr();
        let answer = self.client.get(format!("http://{addr}/metrics")).send().await.expect("the connection holds");
        assert_eq!(answer.status(), 200);
        answer.text().await.expect("the answer is complete")
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

    /// Waits for it, on a thread that no runtime counts on.
    fn stop_running(&mut self) {
        let Some(running) = self.running.take() else { return };
        let stopped = thread::scope(|scope| scope.spawn(|| RUNTIME.block_on(running.stop())).join());
        if !thread::panicking() {
            stopped.expect("no panic").expect("stopped in order");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop_running();
    }
}

fn config(data: &Data, settings: &[(&str, &str)]) -> Config {
    // The cheapest hashes, since what is tested here is not how slow they are; no limits, since tests come in bursts from
    // one address.
    let common = [("LISTEN_ADDR", "127.0.0.1:0"), ("WORKERS", "1"), ("BCRYPT_COST", "4"), ("RATE_LIMIT", "off")];
    let usual = common.iter().filter(|(name, _)| !settings.iter().any(|(chosen, _)| chosen == name));
    let lines: Vec<String> = settings.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
    let process = data.settings().into_iter().chain(usual.copied()).collect::<Vec<_>>();
    let environment = Environment::of(&process, &lines.join("\n"));
    Config::from_environment(&environment).expect("a valid configuration")
}
