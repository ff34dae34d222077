//! The dashboard for Grafana.

use serde_json::Value;

const DASHBOARD: &str = include_str!("../../docker/grafana/dashboards/tessera.json");

/// What its panels ask Prometheus, each with the title of its panel. Some ask several questions.
pub fn questions() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let list = |of: &Value, name: &str| of.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).expect("a text").to_owned();
    let questions = list(&dashboard, "panels").into_iter().flat_map(|panel| {
        let targets = list(&panel, "targets").into_iter();
        targets.map(move |target| (text(&panel, "title"), text(&target, "expr")))
    });
    questions.collect()
}
