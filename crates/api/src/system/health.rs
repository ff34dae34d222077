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
}

/// `GET /livez`: whether the process answers. It asks nobody else (invariant I6): a restart does not bring a storage back.
pub async fn live(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(answer::json(StatusCode::OK, &Status { status: "ok" }))
}

/// `GET /readyz`: whether requests should be sent here.
pub async fn ready(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let (code, status) = overall(&health.report().await);
    Ok(answer::json(code, &Status { status }))
}

/// `GET /api/health/`: the same, backend by backend.
pub async fn show(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let report = health.report().await;
    let (code, status) = overall(&report);
    let backends = report.iter().map(|backend| (backend.name, Backend::from(backend))).collect();
    Ok(answer::json(code, &Report { status, backends }))
}

/// Every backend is needed: while one is down, some requests cannot be served.
fn overall(report: &[BackendHealth]) -> (StatusCode, &'static str) {
    let up = report.iter().filter(|backend| backend.is_up).count();
    match up {
        _ if up == report.len() => (StatusCode::OK, "ok"),
        0 => (StatusCode::SERVICE_UNAVAILABLE, "down"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    }
}

impl From<&BackendHealth> for Backend {
    fn from(backend: &BackendHealth) -> Self {
        Self { status: if backend.is_up { "ok" } else { "down" }, latency_ms: backend.latency.as_secs_f64() * 1e3 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn is_as_well_as_its_backends() {
        let backend = |is_up| BackendHealth { name: "x", is_up, latency: Duration::ZERO };
        let status = |states: &[bool]| overall(&states.iter().map(|up| backend(*up)).collect::<Vec<_>>());
        assert_eq!(status(&[true, true]), (StatusCode::OK, "ok"));
        assert_eq!(status(&[true, false]), (StatusCode::SERVICE_UNAVAILABLE, "degraded"));
        assert_eq!(status(&[false]), (StatusCode::SERVICE_UNAVAILABLE, "down"));
    }
}
