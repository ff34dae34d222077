//! What those who watch over the service can read.

#![cfg(test)]

use std::collections::BTreeSet;

use tessera_tests::{Storage, TestServer, dashboard, eventually, on_every_storage};

on_every_storage! {
    everything_that_happens_is_in_the_numbers
}

const ON: (&str, &str) = ("METRICS_ADDR", "127.0.0.1:0");
const ALERTS: &str = include_str!("../../docker/prometheus/alerts.yaml");

/// The value of the number with exactly this name and these labels.
fn value<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// The page, as soon as the storages have been asked.
async fn sampled(server: &TestServer) -> String {
    let asked = async || Some(server.metrics().await).filter(|page| page.contains("tessera_table_rows{"));
    eventually("the storages are asked at the start", asked).await
}

async fn everything_that_happens_is_in_the_numbers(storage: Storage) {
    let server = TestServer::on_with(storage, &[ON, ("RATE_LIMIT", "on")]).await;
    let (access, _) = server.sign_up("ana").await;
    server.send("POST", "/token/create", &[("authorization", &format!("Bearer {access}"))], "").await;
    for path in ["/no/such/path", "/nor/this", "/api/v1/nor/this"] {
        assert_eq!(server.get(path).await.status, 404);
    }
    let page = sampled(&server).await;
    let of = |name: &str| value(&page, name).unwrap_or_else(|| panic!("{name} is missing:\n{page}"));
    let login = r#"contract="users",method="POST",route="/api/login""#;
    assert_eq!(of(&format!(r#"tessera_http_requests_total{{{login},status="200"}}"#)), "1");
    assert_eq!(of(&format!("tessera_http_request_duration_seconds_count{{{login}}}")), "1");
    let slowest = format!(r#"tessera_http_request_duration_seconds_bucket{{le="+Inf",{login}}}"#);
    assert_eq!(of(&slowest), "1", "without this class Prometheus knows no quantile");
    let unknown = r#"contract="none",method="",route="(unknown)",status="404""#;
    assert_eq!(of(&format!("tessera_http_requests_total{{{unknown}}}")), "3", "however many paths there are");
    assert_eq!(of("tessera_hash_pool_jobs_total{}"), "2", "one to make the account, one to log in");
    let admitted = r#"tessera_rate_limit_decisions_total{policy="registrations",outcome="admitted"}"#;
    assert_eq!(of(admitted), "1");
    for backend in storage.backends() {
        assert_eq!(of(&format!(r#"tessera_backend_up{{backend="{backend}"}}"#)), "1.0");
    }
    let pool = if storage == Storage::Sqlite { ("sqlite", "writer") } else { ("postgres", "connections") };
    assert_ne!(of(&format!(r#"tessera_pool_size{{backend="{}",pool="{}"}}"#, pool.0, pool.1)), "0.0");
    assert!(page.contains("tessera_signing_key_age_seconds{kid="), "{page}");
    assert_eq!(of("tessera_revocation_mirror_lag_seconds{}"), "0.0");
    assert_eq!(of("process_start_time_seconds{}"), "1714200000.0");
    assert_eq!(of("tessera_http_requests_in_flight{}"), "0.0");
    assert!(page.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_read_them() {
    let server = TestServer::start_with(&[ON]).await;
    assert_eq!(server.get("/metrics").await.status, 404);
    let page = server.metrics().await;
    assert!(!page.contains("127.0.0.1") && !page.contains("tessera.sqlite3"), "{page}");
}

/// The names of metrics in a text, without what Prometheus adds to some of them.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| ["tessera_", "process_"].iter().any(|prefix| word.starts_with(prefix)));
    let added = ["_total", "_bucket", "_sum", "_count"];
    ours.map(|word| added.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word)).collect()
}

/// What the dashboard and the alerts ask Prometheus.
fn questions() -> Vec<String> {
    let panels = dashboard::questions().into_iter().map(|(_, question)| question);
    let alerts = ALERTS.lines().filter_map(|line| line.trim_start().strip_prefix("expr: "));
    panels.chain(alerts.map(str::to_owned)).collect()
}

/// A panel that asks for what is not there shows nothing, and an alert about it never comes.
#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_and_the_alerts_ask_for_what_there_is() {
    let page = TestServer::start_with(&[ON]).await.metrics().await;
    let there: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let asked = questions().join("\n");
    let asked = names(&asked);
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "nobody exports {missing:?}");
    assert!(asked.len() >= 20, "the questions are read: {asked:?}");
}

/// Prometheus takes a number that falls for one that began again: what became less would be more for it.
#[test]
fn only_what_never_falls_is_asked_how_much_it_grew() {
    let questions = questions();
    let grew = |by: &'static str| questions.iter().flat_map(move |it| it.split(by).skip(1));
    let asked: Vec<_> =
        grew("rate(").chain(grew("increase(")).filter_map(|rest| rest.split(['{', '[']).next()).collect();
    let falls: Vec<_> = asked.iter().filter(|name| !name.ends_with("_total") && !name.ends_with("_bucket")).collect();
    assert!(falls.is_empty(), "these may fall: {falls:?}");
    assert!(asked.len() >= 20, "the questions are read: {asked:?}");
}

/// Who is woken at night finds there what to do.
#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_explained_to_the_operator() {
    let page = TestServer::start_with(&[ON]).await.metrics().await;
    let explained = include_str!("../../docs/operations.md");
    for name in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(explained.contains(&format!("`{name}")), "docs/operations.md says nothing about {name}");
    }
}
