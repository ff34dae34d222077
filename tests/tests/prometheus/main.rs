//! What a real Prometheus makes of the metrics, the dashboard and the alerts: `make prometheus`, not every run of the tests.

#![cfg(test)]

use std::process::Command;

use reqwest::Url;
use serde_json::Value;
use tessera_test_servers::prometheus::Prometheus;
use tessera_tests::{TestServer, dashboard, eventually};

const CONFIGURATION: &str = include_str!("../../../docker/prometheus/prometheus.yaml");
const ALERTS: &str = include_str!("../../../docker/prometheus/alerts.yaml");

/// `text` with `new` instead of every `old`, of which there has to be one.
fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old}: {text}");
    text.replace(old, new)
}

/// A Prometheus with the configuration for production, but for where it reads, and how often.
fn reading(server: &TestServer) -> Prometheus {
    let configuration = replaced(CONFIGURATION, "tessera:9464", &server.metrics_addr().to_string());
    let configuration = replaced(&configuration, "_interval: 15s", "_interval: 1s");
    let alerts = replaced(ALERTS, "for: 1m", "for: 1s");
    Prometheus::start(&[("prometheus.yaml", &configuration), ("alerts.yaml", &alerts)])
}

/// What Prometheus answers.
async fn ask(prometheus: &Prometheus, path: &str, parameters: &[(&str, &str)]) -> Value {
    let url = Url::parse_with_params(&format!("{}/api/v1/{path}", prometheus.url()), parameters).expect("a URL");
    let answer = reqwest::get(url).await.expect("it is there");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["status"], "success", "{parameters:?}: {answer}");
    answer["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_has_something_to_show() {
    let server = TestServer::start_with(&[("METRICS_ADDR", "127.0.0.1:0"), ("RATE_LIMIT", "on")]).await;
    let prometheus = reading(&server);
    server.sign_up("ana").await;
    for (title, question) in dashboard::questions() {
        let question = question.replace("$instance", ".*").replace("$__rate_interval", "1m");
        let shown = async || {
            // What is counted by the second stops when nobody asks for anything.
            server.log_in("ana").await;
            let data = ask(&prometheus, "query", &[("query", &question)]).await;
            let numbers = data["result"].as_array().expect("numbers").iter();
            let mut numbers = numbers.map(|it| it["value"][1].as_str().expect("a number").parse::<f64>());
            numbers.any(|number| number.is_ok_and(f64::is_finite)).then_some(())
        };
        eventually(&format!("{title} shows a number: {question}"), shown).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_away_is_an_alert() {
    let server = TestServer::start_with(&[("METRICS_ADDR", "127.0.0.1:0")]).await;
    let prometheus = reading(&server);
    let rules = async || {
        let data = ask(&prometheus, "rules", &[]).await;
        data["groups"][0]["rules"].as_array().expect("rules").clone()
    };
    let is_well = |rule: &Value| rule["state"] == "inactive" && rule["health"] == "ok";
    let all_are_well = async || rules().await.iter().all(is_well).then_some(());
    eventually("all alerts can be asked for, and none is raised", all_are_well).await;
    drop(server);
    let is_it = |rule: &Value| rule["name"] == "TesseraIsAway" && rule["state"] == "firing";
    let is_raised = async || rules().await.iter().any(is_it).then_some(());
    eventually("TesseraIsAway is raised", is_raised).await;
}

#[test]
fn the_alerts_are_raised_for_what_they_are_about_and_for_nothing_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/prometheus");
    let tested = Command::new("promtool").args(["test", "rules", "alerts.yaml"]).current_dir(folder).output();
    let tested = tested.expect("promtool is installed; on Debian and Ubuntu it comes with prometheus");
    assert!(
        tested.status.success(),
        "{}{}",
        String::from_utf8_lossy(&tested.stdout),
        String::from_utf8_lossy(&tested.stderr)
    );
}
