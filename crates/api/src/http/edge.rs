//! The outermost layer: request id, trace, host, headers, the log of what went wrong or took long, and the count of all.
//!
//! It is one layer instead of one for each, and makes nothing that a quick success does not need: no span, no log line, no
//! boxed future. Errors that actix-web itself makes leave here in the shape of the path's owner.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{HeaderValue, STRICT_TRANSPORT_SECURITY};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{Error, HttpMessage as _};
use pin_project_lite::pin_project;
use tessera_services::health::Departure;

use super::answer::{AsAsked, Cause};
use super::errors::reject;
use super::headers;
use super::hosts::AllowedHosts;
use super::rejection::Rejection;
use super::request_id::{RequestId, RequestIds, X_REQUEST_ID};
use super::request_spans::{RequestSpan, RequestSpans};
use super::router::route_of;
use super::settings::{HttpSettings, Perimeter};
use super::trace_context::{TRACEPARENT, TraceContext};
use super::traffic::{InFlight, WorkerTraffic};

/// Wraps an application in this layer.
#[derive(Debug, Clone)]
pub struct Edge {
    hosts: AllowedHosts,
    transport_security: Option<HeaderValue>,
    slow_after: Duration,
    traffic: Option<Rc<WorkerTraffic>>,
    spans: Option<Arc<dyn RequestSpans>>,
    departure: Departure,
}

impl Edge {
    /// The layer with these settings.
    pub fn new(settings: &HttpSettings, perimeter: &Perimeter) -> Self {
        let (hosts, transport_security) = (perimeter.hosts.clone(), perimeter.transport_security.clone());
        let (slow_after, spans) = (settings.slow_after, settings.spans.clone());
        Self { hosts, transport_security, slow_after, traffic: None, spans, departure: settings.departure.clone() }
    }

    /// The same, where requests are counted.
    pub(crate) fn counted(mut self, traffic: Option<Rc<WorkerTraffic>>) -> Self {
        self.traffic = traffic;
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for Edge
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Transform = EdgeService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(EdgeService { inner, ids: RequestIds::new(), edge: self.clone() }))
    }
}

/// The layer around one worker's application.
#[derive(Debug)]
pub struct EdgeService<S> {
    inner: S,
    ids: RequestIds,
    edge: Edge,
}

impl<S, B> Service<ServiceRequest> for EdgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Answering<S::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let in_flight = self.edge.traffic.as_ref().map(InFlight::begin);
        let id = self.ids.of(request.headers());
        let trace = TraceContext::of(request.headers());
        // Whatever changes something leaves a trace in the audit log, and who sends one wants to see it; the rest does not
        // pay for it.
        if trace.is_some() || !matches!(*request.method(), Method::GET | Method::HEAD) {
            request.extensions_mut().insert(RequestId(id.clone()));
        }
        let part = trace.map(|trace| {
            request.extensions_mut().insert(trace);
            (trace, self.ids.fresh())
        });
        let source = if self.edge.hosts.admits(&request) {
            Source::Application { future: self.inner.call(request) }
        } else {
            let answer = reject(request.path(), Rejection::UnknownHost);
            Source::Refusal { answer: Some(request.into_response(answer)) }
        };
        let (transport_security, slow_after) = (self.edge.transport_security.clone(), self.edge.slow_after);
        let (spans, departure) = (self.edge.spans.clone(), self.edge.departure.clone());
        Answering { source, id: Some(id), part, transport_security, in_flight, started, slow_after, spans, departure }
    }
}

pin_project! {
    /// An answer in the making.
    #[derive(Debug)]
    pub struct Answering<F> {
        #[pin]
        source: Source<F>,
        // Taken when the answer is there.
        id: Option<HeaderValue>,
        // The trace that the request belongs to, and what our part of it is called.
        part: Option<(TraceContext, HeaderValue)>,
        transport_security: Option<HeaderValue>,
        in_flight: Option<InFlight>,
        started: Instant,
        slow_after: Duration,
        spans: Option<Arc<dyn RequestSpans>>,
        departure: Departure,
    }
}

pin_project! {
    /// What an answer comes of.
    #[derive(Debug)]
    #[project = SourceProjection]
    enum Source<F> {
        /// The application.
        Application { #[pin] future: F },
        /// A refusal, taken when it is sent.
        Refusal { answer: Option<ServiceResponse> },
    }
}

impl<F, B> Future for Source<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            SourceProjection::Application { future } => {
                future.poll(context).map_ok(ServiceResponse::map_into_boxed_body)
            }
            SourceProjection::Refusal { answer } => {
                answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
            }
        }
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match ready!(this.source.poll(context)) {
            Ok(response) => response,
            // The request is gone with whoever made this of it; what is left is the shape that fits everywhere.
            Err(error) => {
                let status = error.as_response_error().status_code();
                if let Some(request) = this.in_flight.take() {
                    request.end(status, this.started.elapsed());
                }
                return Poll::Ready(Err(Rejection::Foreign(status).into()));
            }
        };
        if let Some(error) = response.response().error() {
            let status = error.as_response_error().status_code();
            let (request, _) = response.into_parts();
            let shaped = reject(request.path(), Rejection::Foreign(status));
            response = ServiceResponse::new(request, shaped);
        }
        headers::complete(response.status(), response.headers_mut());
        if this.departure.is_announced() {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        if let Some(policy) = this.transport_security.take() {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, policy);
        }
        if let Some(spans) = this.spans
            && let Some(name) = end_span(&response, &**spans)
            && let Some((_, part)) = this.part
        {
            *part = name;
        }
        if let Some(header) = this.part.as_ref().and_then(|(trace, span)| trace.answer(span)) {
            response.headers_mut().insert(TRACEPARENT, header);
        }
        let took = this.started.elapsed();
        if let Some(request) = this.in_flight.take() {
            request.end(response.status(), took);
        }
        if let Some(id) = this.id.take() {
            note(&response, &id, this.part.as_ref().map(|(trace, _)| trace), took, *this.slow_after);
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        Poll::Ready(Ok(response))
    }
}

/// Ends the span of a request, if it has one. Returns what that is called by those who follow the trace.
fn end_span(response: &ServiceResponse, spans: &dyn RequestSpans) -> Option<HeaderValue> {
    let RequestSpan(span) = response.request().extensions_mut().remove()?;
    spans.end(&span, response.status())
}

/// Logs a request that deserves it, once. The route is the pattern and never the URL, whose query may hold anything.
fn note(
    response: &ServiceResponse,
    id: &HeaderValue,
    trace: Option<&TraceContext>,
    took: Duration,
    slow_after: Duration,
) {
    let status = response.status();
    if response.response().extensions().contains::<AsAsked>() {
        return;
    }
    if !status.is_client_error() && !status.is_server_error() && took < slow_after {
        return;
    }
    let request = response.request();
    let trace_id = trace.map(tracing::field::display);
    let (request_id, method) = (id.to_str().unwrap_or("-"), request.method().as_str());
    let (route, status_code) = (route_of(request).unwrap_or("-"), status.as_u16());
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let extensions = response.response().extensions();
    let cause = extensions.get::<Cause>().map_or("-", |cause| cause.0.as_str());
    match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            tracing::warn!(request_id, trace_id, method, route, status = status_code, millis, cause, "unavailable");
        }
        _ if status.is_server_error() => {
            tracing::error!(request_id, trace_id, method, route, status = status_code, millis, cause, "failed");
        }
        _ if took >= slow_after => {
            tracing::warn!(request_id, trace_id, method, route, status = status_code, millis, "slow");
        }
        _ => tracing::debug!(request_id, trace_id, method, route, status = status_code, millis, "refused"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use actix_web::body::to_bytes;
    use actix_web::dev::fn_service;
    use actix_web::error::ErrorBadRequest;
    use actix_web::test::{TestRequest, init_service, try_call_service};
    use actix_web::{App, HttpResponse};
    use tracing::Dispatch;
    use tracing::subscriber::DefaultGuard;

    use super::*;
    use crate::http::answer;

    /// What was logged, as lines of JSON.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        /// While there is but one subscriber, a thread without any may decide that nobody listens, and not just for itself: so
        /// there is another.
        fn of(level: tracing::Level) -> (Self, (DefaultGuard, Dispatch)) {
            let other = Dispatch::new(tracing_subscriber::fmt().with_max_level(level).with_writer(io::sink).finish());
            let (log, sink) = {
                let log = Self::default();
                (log.clone(), log)
            };
            let subscriber =
                tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || sink.clone()).finish();
            (log, (tracing::subscriber::set_default(subscriber), other))
        }

        fn lines(&self) -> Vec<String> {
            let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Sends a request to a service that answers with this.
    async fn answer_with(
        settings: HttpSettings,
        make: impl Fn(ServiceRequest) -> Result<ServiceResponse, Error> + Clone + 'static,
    ) -> Result<ServiceResponse, Error> {
        let service = fn_service(move |request: ServiceRequest| ready(make(request)));
        let application =
            init_service(App::new().wrap(Edge::new(&settings, &Perimeter::default())).default_service(service)).await;
        let request = TestRequest::get().uri("/api/v1/users?token=hunter2").insert_header(("X-Request-Id", "id-1"));
        try_call_service(&application, request.to_request()).await
    }

    async fn body_of(response: HttpResponse) -> String {
        let bytes = to_bytes(response.into_body()).await.expect("a body");
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    fn plain(status: StatusCode) -> impl Fn(ServiceRequest) -> Result<ServiceResponse, Error> + Clone {
        move |request| Ok(request.into_response(HttpResponse::new(status)))
    }

    #[actix_web::test]
    async fn an_error_of_actix_leaves_in_the_shape_of_the_paths_owner() {
        let foreign = |request: ServiceRequest| Ok(request.error_response(ErrorBadRequest("hunter2")));
        let answer = answer_with(HttpSettings::default(), foreign).await.expect("an answer");
        assert_eq!(
            (answer.status(), answer.headers().contains_key("x-frame-options")),
            (StatusCode::BAD_REQUEST, true)
        );
        assert_eq!(body_of(answer.into_parts().1).await, r#"{"message":"Bad Request"}"#);
    }

    #[actix_web::test]
    async fn an_error_that_lost_its_request_is_no_plain_text_either() {
        let error =
            answer_with(HttpSettings::default(), |_| Err(ErrorBadRequest("hunter2"))).await.expect_err("an error");
        let answer = error.error_response();
        assert_eq!(answer.headers().get("content-type").expect("a type"), "application/problem+json");
        assert!(answer.headers().contains_key("x-frame-options"));
        let body = body_of(answer).await;
        assert!(body.contains("\"status\":400") && !body.contains("hunter2"), "{body}");
    }

    #[actix_web::test]
    async fn a_failure_is_logged_once_with_its_cause_and_without_the_query() {
        let (log, _guard) = Log::of(tracing::Level::INFO);
        let failing = |request: ServiceRequest| {
            let mut response = answer::json(StatusCode::INTERNAL_SERVER_ERROR, &());
            response.extensions_mut().insert(Cause("line one\nline two".into()));
            Ok(request.into_response(response))
        };
        answer_with(HttpSettings::default(), failing).await.expect("an answer");
        let lines = log.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in ["\"ERROR\"", "\"id-1\"", "\"GET\"", "500", "line one\\nline two"] {
            assert!(lines[0].contains(part), "{part}: {}", lines[0]);
        }
        assert!(!lines[0].contains("hunter2"), "{}", lines[0]);
    }

    #[actix_web::test]
    async fn what_is_logged_belongs_to_the_trace_of_its_sender() {
        let (log, _guard) = Log::of(tracing::Level::INFO);
        let service = fn_service(move |request: ServiceRequest| {
            ready(Ok::<_, Error>(request.into_response(HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE))))
        });
        let edge = Edge::new(&HttpSettings::default(), &Perimeter::default());
        let application = init_service(App::new().wrap(edge).default_service(service)).await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for header in [format!("00-{trace}-00f067aa0ba902b7-01"), format!("00-{trace}-0-01")] {
            let request = TestRequest::get().uri("/").insert_header(("traceparent", header));
            let answer = try_call_service(&application, request.to_request()).await.expect("an answer");
            let part = answer.headers().get("traceparent").map(|part| part.to_str().expect("text").to_owned());
            let lines = log.lines();
            let is_in = lines.last().is_some_and(|line| line.contains(&format!("\"trace_id\":\"{trace}\"")));
            assert_eq!(is_in, part.is_some(), "{lines:?}");
            if let Some(part) = part {
                assert!(part.starts_with(&format!("00-{trace}-")) && !part.contains("00f067aa0ba902b7"), "{part}");
            }
        }
        assert_eq!(log.lines().len(), 2, "{:?}", log.lines());
    }

    #[actix_web::test]
    async fn a_report_that_all_is_not_well_is_no_failure() {
        let (log, _guard) = Log::of(tracing::Level::INFO);
        let report = |request: ServiceRequest| {
            let mut response = HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
            response.extensions_mut().insert(AsAsked);
            Ok(request.into_response(response))
        };
        answer_with(HttpSettings { slow_after: Duration::ZERO, ..HttpSettings::default() }, report)
            .await
            .expect("an answer");
        assert_eq!(log.lines(), [""; 0]);
    }

    #[actix_web::test]
    async fn what_is_well_and_quick_is_not_logged() {
        let (log, _guard) = Log::of(tracing::Level::TRACE);
        answer_with(HttpSettings::default(), plain(StatusCode::OK)).await.expect("an answer");
        let ours = log.lines().into_iter().filter(|line| line.contains("tessera")).collect::<Vec<_>>();
        assert_eq!(ours, Vec::<String>::new());
        answer_with(HttpSettings::default(), plain(StatusCode::NOT_FOUND)).await.expect("an answer");
        assert!(log.lines().iter().any(|line| line.contains("DEBUG") && line.contains("404")));
    }

    #[actix_web::test]
    async fn what_takes_long_is_logged_even_if_it_is_well() {
        let (log, _guard) = Log::of(tracing::Level::INFO);
        let settings = HttpSettings { slow_after: Duration::ZERO, ..HttpSettings::default() };
        answer_with(settings.clone(), plain(StatusCode::OK)).await.expect("an answer");
        answer_with(settings, plain(StatusCode::SERVICE_UNAVAILABLE)).await.expect("an answer");
        let lines = log.lines();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("slow") && lines[1].contains("unavailable"), "{lines:?}");
    }
}
