//! `tessera doctor` beside servers that run, and beside those that do not.

#![cfg(test)]

use std::fs::{Permissions, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use serde_json::Value;
use tessera_test_servers::redis::Process;
use tessera_test_servers::smtp::SmtpServer;
use tessera_tests::{Data, Storage, TestServer, on_every_storage};

on_every_storage! {
    a_running_server_is_looked_at_and_left_alone
    before_the_first_start_nothing_is_made
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// What it found.
struct Findings {
    output: Output,
    json: Value,
}

impl Findings {
    /// How bad `subject` is, by the worst that was found of it, and everything that was said of it.
    fn of(&self, subject: &str) -> (&'static str, String) {
        let all = self.json["findings"].as_array().expect("findings");
        let found: Vec<_> = all.iter().filter(|it| it["subject"] == subject).collect();
        let is_any = |verdict: &str| found.iter().any(|it| it["verdict"] == verdict);
        let worst =
            ["problem", "warning", "note", "ok"].into_iter().find(|verdict| is_any(verdict)).unwrap_or("nothing");
        let texts: Vec<_> = found.iter().map(|it| it["text"].as_str().expect("a text")).collect();
        (worst, texts.join("\n"))
    }

    fn is_healthy(&self) -> bool {
        self.output.status.code() == Some(0)
    }
}

fn command(data: &Data, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").args(arguments).env_clear().env("BCRYPT_COST", "4");
    command.envs(data.settings()).envs(settings.iter().copied()).current_dir(data.folder());
    command
}

fn examine(data: &Data, settings: &[(&str, &str)]) -> Findings {
    let output = command(data, settings, &["--json"]).output().expect("it runs");
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"));
    Findings { output, json }
}

async fn a_running_server_is_looked_at_and_left_alone(storage: Storage) {
    let server = TestServer::on(storage).await;
    server.sign_up("ana").await;
    server.sign_up("ben").await;
    let found = examine(server.data(), &[]);
    assert!(found.is_healthy(), "{}", found.json);
    for subject in ["database", "schema"] {
        assert_eq!(found.of(subject).0, "ok", "{}", found.json);
    }
    assert_eq!(found.of("passwords"), ("ok", "2 hashes, none of them weak".to_owned()));
    let clock = if storage == Storage::Sqlite { "nothing" } else { "ok" };
    assert_eq!(found.of("clock").0, clock, "{}", found.json);
    let (verdict, text) = found.of("signing keys");
    assert!(verdict == "note" && text.contains("which signs, is "), "it is older than its server thinks: {text}");

    // As a start says, which would not succeed either.
    let found = examine(server.data(), &[("SECRET_KEY", "yet another secret of an installation, 42!")]);
    let (verdict, text) = found.of("signing keys");
    assert!(verdict == "problem" && text.contains("SECRET_KEY does not open the signing key"), "{text}");
    let found = examine(server.data(), &[("METRICS_ADDR", "0.0.0.0:9090")]);
    assert!(
        found.is_healthy() && found.of("configuration").1.contains("METRICS_ADDR is 0.0.0.0:9090"),
        "{}",
        found.json
    );

    let found = examine(server.data(), &[("BCRYPT_COST", "5")]);
    assert_eq!(found.of("passwords").1, "2 of 2 hashes are of an older scheme or a lower cost");
    server.log_in("ana").await;
    server.sign_up("carol").await;
}

async fn before_the_first_start_nothing_is_made(storage: Storage) {
    let data = Data::on(storage);
    let found = examine(&data, &[]);
    assert!(found.is_healthy(), "{}", found.json);
    let (verdict, text) = if storage == Storage::Sqlite { found.of("database") } else { found.of("schema") };
    assert_eq!(verdict, "note", "{text}");
    assert!(text.contains("is not there yet") || text.contains("lacks"), "{text}");
    assert_eq!(std::fs::read_dir(data.folder()).expect("a folder").count(), 0, "nothing is made");
    assert_eq!(examine(&data, &[]).of("schema"), found.of("schema"));
}

/// A folder as the service makes it.
fn installation() -> Data {
    let data = Data::on(Storage::Sqlite);
    set_permissions(data.folder(), Permissions::from_mode(0o700)).expect("set");
    data
}

/// An address at which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").to_string()
}

#[test]
fn what_is_away_is_one_finding_and_the_rest_is_looked_at() {
    let data = installation();
    let (database, redis, mail) = (nobody(), nobody(), nobody());
    let (host, port) = mail.split_once(':').expect("an address");
    let settings = [
        ("DATABASE_URL", &*format!("postgres://tessera:hunter2@{database}/tessera")),
        ("REDIS_URL", &*format!("redis://:hunter2@{redis}")),
        ("EMAIL_HOST", host),
        ("EMAIL_PORT", port),
        ("DEFAULT_FROM_EMAIL", "tessera@example.com"),
        ("SERVICE_SECRET", "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe"),
    ];
    let found = examine(&data, &settings);
    assert_eq!(found.output.status.code(), Some(1));
    assert_eq!(found.json["verdict"], "problem");
    for subject in ["database", "redis", "mail"] {
        let (verdict, text) = found.of(subject);
        assert!(verdict == "problem" && text.contains("onnection refused"), "it says why: {text}");
    }
    assert_eq!((found.of("files").0, found.of("proxies").0), ("ok", "ok"));
    assert!(!format!("{:?}", found.output).contains("hunter2"), "{:?}", found.output);
    let table = command(&data, &settings, &[]).output().expect("it runs");
    let table = String::from_utf8(table.stdout).expect("text");
    assert!(table.contains("problem  database ") && table.contains("-> start it, or correct DATABASE_URL"), "{table}");
    assert!(table.trim_end().ends_with("3 problems, 0 warnings"), "{table}");
}

#[test]
fn settings_that_cannot_be_used_are_the_only_finding() {
    let found = examine(&Data::on(Storage::Sqlite), &[("WORKERS", "0"), ("LISTEN_ADDR", "here")]);
    assert_eq!(found.output.status.code(), Some(1));
    let (verdict, text) = found.of("configuration");
    assert!(verdict == "problem" && text.contains("WORKERS") && text.contains("LISTEN_ADDR"), "{text}");
}

#[test]
fn a_server_that_forgets_is_told_of() {
    let redis = Process::start(&["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "no"]);
    let found = examine(&Data::on(Storage::Sqlite), &[("REDIS_URL", redis.url())]);
    let (verdict, text) = found.of("redis");
    assert!(verdict == "warning" && text.contains("allkeys-lru") && text.contains("no append-only file"), "{text}");
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    redis.ask(&["CONFIG", "SET", "appendonly", "yes"]);
    let found = examine(&Data::on(Storage::Sqlite), &[("REDIS_URL", redis.url())]);
    assert_eq!((found.of("redis").0, found.of("clock").0), ("ok", "ok"), "{}", found.json);
}

#[test]
fn what_others_can_read_is_a_problem() {
    let data = installation();
    assert_eq!(examine(&data, &[]).of("files").0, "ok");
    for (mode, expected) in [(0o755, "warning"), (0o777, "problem")] {
        set_permissions(data.folder(), Permissions::from_mode(mode)).expect("set");
        let (verdict, text) = examine(&data, &[]).of("files");
        assert!(verdict == expected && text.contains(&format!("mode {mode:o}")), "{text}");
    }
    set_permissions(data.folder(), Permissions::from_mode(0o700)).expect("set");
    std::fs::write(data.folder().join("tessera.sqlite3"), "").expect("written");
    set_permissions(data.folder().join("tessera.sqlite3"), Permissions::from_mode(0o644)).expect("set");
    let found = examine(&data, &[]);
    assert_eq!((found.of("files").0, found.output.status.code()), ("problem", Some(1)), "{}", found.json);
}

#[test]
fn everybody_is_no_proxy() {
    let found = examine(&Data::on(Storage::Sqlite), &[("TRUSTED_PROXIES", "0.0.0.0/0")]);
    assert_eq!(found.of("proxies").0, "problem", "{}", found.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_greeted_and_given_no_mail() {
    let server = SmtpServer::start().await;
    let (host, port) = (server.addr().ip().to_string(), server.addr().port().to_string());
    let settings = [("EMAIL_HOST", &*host), ("EMAIL_PORT", &*port), ("DEFAULT_FROM_EMAIL", "tessera@example.com")];
    let found = examine(&Data::on(Storage::Sqlite), &settings);
    assert_eq!(found.of("mail"), ("ok", format!("{host}:{port} is ready to take mails")));
    server.connected(1).await;
    assert!(server.received().await.is_none());
}
