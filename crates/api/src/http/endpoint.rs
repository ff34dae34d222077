//! Running a handler: methods, deadlines, panics, clients that hang up.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpMessage as _, HttpResponse};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tessera_services::limits::Standings;
use tracing::field::display;
use tracing::{Instrument as _, Span};

use crate::document::Describe;
use crate::system::docs_page;

use super::errors::{Refusal, reject};
use super::extract::Incoming;
use super::lasting::Lasting;
use super::limit_fields;
use super::pace;
use super::pages::shows_a_page;
use super::rejection::Rejection;
use super::request_id::RequestId;
use super::request_spans::{Begun, RequestSpan};
use super::router::route_of;
use super::routes::{Handler, Protection};
use super::settings::HttpSettings;
use super::trace_context::TraceContext;
use super::traffic::WorkerTraffic;

/// A handler whose types are forgotten.
pub(super) type Runner = Rc<dyn Fn(Incoming) -> LocalBoxFuture<'static, Result<HttpResponse, Refusal>>>;

/// What answers one method of a path.
pub(super) struct Served {
    pub(super) method: Method,
    pub(super) run: Runner,
    pub(super) describe: Describe,
}

/// Runs a handler that changes nothing. If nobody waits for its answer any longer, it stops.
pub(super) fn reading<P: Protection + 'static, Args: 'static>(handler: impl Handler<P, Args>) -> Runner {
    Rc::new(move |mut incoming| {
        let handler = handler.clone();
        Box::pin(async move {
            // A span costs more than a quick read does; who sends a trace is given one.
            let is_traced = incoming.request.extensions().contains::<TraceContext>();
            let span = if is_traced { origin(&incoming) } else { Span::none() };
            let work = handler.prepare(&mut incoming).instrument(span.clone()).await?;
            incoming.within(work.instrument(span)).await?.map_err(Into::into)
        })
    })
}

/// Runs a handler that changes something. Once begun, it ends, while the worker lives: neither a client that hangs up nor the
/// deadline cuts it in half (requirement H6, invariant I4). Where several come at once, they begin at a [pace](pace).
pub(super) fn changing<P: Protection + 'static, Args: 'static>(handler: impl Handler<P, Args>) -> Runner {
    Rc::new(move |mut incoming| {
        let handler = handler.clone();
        Box::pin(async move {
            pace::turn().await;
            let span = origin(&incoming);
            let work = handler.prepare(&mut incoming).instrument(span.clone()).await?;
            incoming.within(Lasting::new(work.instrument(span))).await?.map_err(Into::into)
        })
    })
}

/// Who sent a request, beside every event that is logged on its way (requirement G1): its id, its trace, and the client's
/// address.
fn origin(incoming: &Incoming) -> Span {
    let extensions = incoming.request.extensions();
    let request_id = extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).unwrap_or("-");
    let ip = incoming.settings.proxies.client_of(&incoming.request).map(display);
    let trace = extensions.get::<TraceContext>().copied();
    let span = tracing::info_span!("request", request_id, trace_id = trace.map(display), ip);
    drop(extensions);
    if let Some(spans) = &incoming.settings.spans {
        let (method, route) = (incoming.request.method(), route_of(&incoming.request).unwrap_or("-"));
        spans.begin(&span, &Begun { method, route, trace: trace.as_ref() });
        incoming.request.extensions_mut().insert(RequestSpan(span.clone()));
    }
    span
}

/// What answers at one path.
pub(super) struct Endpoint {
    served: Vec<Served>,
    allow: HeaderValue,
    settings: Rc<HttpSettings>,
    /// Where its requests are counted, and its first method's place there; the others follow.
    traffic: Option<(Rc<WorkerTraffic>, usize)>,
}

impl Endpoint {
    pub(super) fn new(
        served: Vec<Served>,
        settings: Rc<HttpSettings>,
        traffic: Option<(Rc<WorkerTraffic>, usize)>,
    ) -> Self {
        let allow = allow(&served);
        Self { served, allow, settings, traffic }
    }

    /// Answers a request, whatever its method is and whatever happens.
    pub(super) async fn answer(&self, request: ServiceRequest) -> ServiceResponse {
        if let Some(page) = self.page_for(&request) {
            return request.into_response(page);
        }
        let incoming = Incoming::new(request, Rc::clone(&self.settings));
        let request = incoming.request.clone();
        let found = self.runner(request.method());
        let mut response = match found {
            Some((_, run)) => match AssertUnwindSafe(run(incoming)).catch_unwind().await {
                Ok(Ok(response)) => response,
                Ok(Err(refusal)) => refusal.into_answer(request.path()),
                Err(payload) => reject(request.path(), Rejection::panicked(&*payload)),
            },
            None => reject(request.path(), Rejection::MethodNotAllowed { allow: self.allow.clone() }),
        };
        if let Some(standings) = request.extensions().get::<Standings>() {
            limit_fields::tell(standings, &mut response);
        }
        if let (Some((traffic, first)), Some((place, _))) = (&self.traffic, found) {
            traffic.took(first + place);
        }
        ServiceResponse::new(request, response)
    }

    /// What runs a request of this method, and which one that is.
    fn runner(&self, method: &Method) -> Option<(usize, &Runner)> {
        // The server drops the body of an answer to HEAD, and keeps its length (RFC 9110, section 9.3.2).
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let mut served = self.served.iter().enumerate();
        served.find_map(|(place, served)| (served.method == method).then_some((place, &served.run)))
    }

    /// The way to the description of what is here, for somebody who opens its address in a browser.
    fn page_for(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        if request.method() != Method::GET || !shows_a_page(request.headers()) {
            return None;
        }
        let read = self.served.iter().find(|served| served.method == Method::GET);
        let operation = (read.or(self.served.first())?.describe)();
        operation.leads_away().then(|| docs_page::way_to(&operation))
    }
}

fn allow(served: &[Served]) -> HeaderValue {
    let mut names = Vec::new();
    for Served { method, .. } in served {
        names.push(method.as_str());
        if method == Method::GET {
            names.push("HEAD");
        }
    }
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
