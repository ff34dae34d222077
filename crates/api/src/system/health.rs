//! How the service is: alive, ready, and the state of each backend.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use tessera_services::health::{BackendHealth, HealthService};

use crate::http::answer;
use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// What is well needs no word: a name is there if something is to be said about it.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    concerns: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    backends: BTreeMap<&'static str, Backend>,
}

#[derive(Serialize)]
struct Backend {
    status: &'static str,
    /// With its fraction: a storage in the same process answers in microseconds.
    latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    concern: Option<String>,
}

/// `GET /livez`: whether the process answers. It asks nobody else (invariant I6): a restart does not bring a storage back.
pub async fn live(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(answer::json(StatusCode::OK, &Status { status: "ok" }))
}

/// `GET /readyz`: whether requests should be sent here, and what an operator should know although they should.
pub async fn ready(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let report = health.report().await;
    let (code, status) = overall(&report);
    let concerns = report.into_iter().filter_map(|backend| Some((backend.name, concern(backend)?))).collect();
    Ok(answer::json(code, &Readiness { status, concerns }))
}

/// `GET /api/health/`: the same, backend by backend.
pub async fn show(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let report = health.report().await;
    let (code, status) = overall(&report);
    let backends = report.into_iter().map(|backend| (backend.name, Backend::from(backend))).collect();
    Ok(answer::json(code, &Report { status, backends }))
}

/// While a needed backend is down, requests are better sent elsewhere. While another one is, they are not: it would be down
/// for every instance alike, and what can be served without it would go down as well.
fn overall(report: &[BackendHealth]) -> (StatusCode, &'static str) {
    let mut down = report.iter().filter(|backend| !backend.is_up).peekable();
    if down.peek().is_none() {
        return (StatusCode::OK, "ok");
    }
    if !down.any(|backend| backend.is_needed) {
        return (StatusCode::OK, "degraded");
    }
    let all = report.iter().all(|backend| !backend.is_up);
    (StatusCode::SERVICE_UNAVAILABLE, if all { "down" } else { "degraded" })
}

fn concern(backend: BackendHealth) -> Option<String> {
    if backend.is_up { backend.concern } else { Some("does not answer".to_owned()) }
}

impl From<BackendHealth> for Backend {
    fn from(backend: BackendHealth) -> Self {
        let latency_ms = backend.latency.as_secs_f64() * 1e3;
        Self { status: if backend.is_up { "ok" } else { "down" }, latency_ms, concern: backend.concern }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn is_as_well_as_its_backends() {
        let backend = |&(is_needed, is_up): &(bool, bool)| BackendHealth {
            name: "x",
            is_needed,
            is_up,
            concern: None,
            latency: Duration::ZERO,
        };
        let status = |states: &[(bool, bool)]| overall(&states.iter().map(backend).collect::<Vec<_>>());
        assert_eq!(status(&[(true, true), (false, true)]), (StatusCode::OK, "ok"));
        assert_eq!(status(&[(true, true), (false, false)]), (StatusCode::OK, "degraded"));
        assert_eq!(status(&[(true, false), (false, true)]), (StatusCode::SERVICE_UNAVAILABLE, "degraded"));
        assert_eq!(status(&[(true, false), (false, false)]), (StatusCode::SERVICE_UNAVAILABLE, "down"));
    }
}
