//! The listener that answers `GET /metrics`, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{ServerHandle, ServiceRequest, fn_service};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context as _;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::Gauges;

/// The format, by its media type.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Who reads metrics is one, or a few.
const CONNECTIONS: usize = 16;
const REQUEST_DEADLINE: Duration = Duration::from_secs(5);

/// A server of metrics.
pub struct MetricsServer {
    addr: SocketAddr,
    handle: ServerHandle,
}

impl MetricsServer {
    /// Starts to answer at `addr`.
    pub fn start(addr: SocketAddr, gauges: Gauges) -> anyhow::Result<Self> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(gauges));
        let registry = Arc::new(registry);
        let application = move || {
            let registry = Arc::clone(&registry);
            let answer = move |request: ServiceRequest| {
                let answer = show(&request, &registry);
                async { Ok(request.into_response(answer)) }
            };
            App::new().default_service(fn_service(answer))
        };
        let server = HttpServer::new(application)
            .workers(1)
            .worker_max_blocking_threads(1)
            .max_connections(CONNECTIONS)
            .client_request_timeout(REQUEST_DEADLINE)
            .shutdown_timeout(1)
            .disable_signals()
            .bind(addr)
            .with_context(|| format!("{addr} cannot be listened on (METRICS_ADDR)"))?;
        let addr = server.addrs().first().copied().context("the metrics are nowhere")?;
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        tracing::info!(%addr, "metrics can be read");
        Ok(Self { addr, handle })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops answering.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

fn show(request: &ServiceRequest, registry: &Registry) -> HttpResponse {
    if request.path() != "/metrics" || request.method() != Method::GET {
        return HttpResponse::NotFound().finish();
    }
    let mut page = String::new();
    match text::encode(&mut page, registry) {
        Ok(()) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPENMETRICS)).body(page),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
