//! How the service is: alive, ready, and the state of each backend.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use tessera_services::health::{BackendHealth, Health, HealthService};
use utoipa::ToSchema;

use crate::http::answer::{self, AsAsked};
use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;

#[derive(Serialize, ToSchema)]
#[schema(as = service::Status, description = "How it is.")]
pub(super) struct Status {
    status: &'static str,
}

/// Among the concerns a name is there only if something is to be said about it.
#[derive(Serialize, ToSchema)]
#[schema(as = service::Readiness, description = "How it and its backends are, and what an operator should know of them.")]
pub(super) struct Readiness {
    status: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = HashMap<String, String>, required = false)]
    concerns: BTreeMap<&'static str, String>,
    #[schema(value_type = HashMap<String, Backend>)]
    backends: BTreeMap<&'static str, Backend>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = service::Report, description = "How it and its backends are.")]
pub(super) struct Report {
    status: &'static str,
    #[schema(value_type = HashMap<String, Backend>)]
    backends: BTreeMap<&'static str, Backend>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = service::Backend, description = "How a backend is, and how long it took to answer.")]
pub(super) struct Backend {
    status: &'static str,
    /// With its fraction: a storage in the same process answers in microseconds.
    latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    concern: Option<String>,
}

/// `GET /livez`: whether the process answers. It asks nobody else (invariant I6): a restart does not bring a storage back.
pub async fn live(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(answer::json(StatusCode::OK, &Status { status: "ok" }))
}

/// `GET /readyz`: whether requests should be sent here, what an operator should know although they should, and how each
/// backend is.
pub async fn ready(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let health = health.report().await;
    let (code, status) = overall(&health);
    let concerns = health.backends.iter().filter_map(|backend| Some((backend.name, concern(backend)?))).collect();
    let backends = health.backends.iter().map(|backend| (backend.name, Backend::without_concern(backend))).collect();
    Ok(report(code, &Readiness { status, concerns, backends }))
}

/// `GET /api/health/`: the same, with what is to be said about a backend beside its state.
pub async fn show(_: Anonymous, health: web::Data<dyn HealthService>) -> Result<HttpResponse, Rejection> {
    let health = health.report().await;
    let (code, status) = overall(&health);
    let backends = health.backends.into_iter().map(|backend| (backend.name, Backend::from(backend))).collect();
    Ok(report(code, &Report { status, backends }))
}

/// Who watches backends logs what becomes of them; that somebody was told is no news.
fn report(code: StatusCode, body: &impl Serialize) -> HttpResponse {
    let mut response = answer::json(code, body);
    response.extensions_mut().insert(AsAsked);
    response
}

/// While a needed backend is down, requests are better sent elsewhere. While another one is, they are not: it would be down
/// for every instance alike, and what can be served without it would go down as well. An instance that stops says so before
/// anything else, however its backends are.
fn overall(health: &Health) -> (StatusCode, &'static str) {
    if health.is_stopping {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    let mut down = health.backends.iter().filter(|backend| !backend.is_up).peekable();
    if down.peek().is_none() {
        return (StatusCode::OK, "ok");
    }
    if !down.any(|backend| backend.is_needed) {
        return (StatusCode::OK, "degraded");
    }
    let all = health.backends.iter().all(|backend| !backend.is_up);
    (StatusCode::SERVICE_UNAVAILABLE, if all { "down" } else { "degraded" })
}

fn concern(backend: &BackendHealth) -> Option<String> {
    if backend.is_up { backend.concern.clone() } else { Some("does not answer".to_owned()) }
}

impl Backend {
    fn without_concern(backend: &BackendHealth) -> Self {
        let latency_ms = backend.latency.as_secs_f64() * 1e3;
        Self { status: if backend.is_up { "ok" } else { "down" }, latency_ms, concern: None }
    }
}

impl From<BackendHealth> for Backend {
    fn from(backend: BackendHealth) -> Self {
        Self { concern: backend.concern.clone(), ..Self::without_concern(&backend) }
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
        let health = |states: &[(bool, bool)], is_stopping| Health {
            is_stopping,
            backends: states.iter().map(backend).collect(),
        };
        let status = |states: &[(bool, bool)]| overall(&health(states, false));
        assert_eq!(status(&[(true, true), (false, true)]), (StatusCode::OK, "ok"));
        assert_eq!(status(&[(true, true), (false, false)]), (StatusCode::OK, "degraded"));
        assert_eq!(status(&[(true, false), (false, true)]), (StatusCode::SERVICE_UNAVAILABLE, "degraded"));
        assert_eq!(status(&[(true, false), (false, false)]), (StatusCode::SERVICE_UNAVAILABLE, "down"));
        assert_eq!(overall(&health(&[(true, true)], true)), (StatusCode::SERVICE_UNAVAILABLE, "stopping"));
    }
}
