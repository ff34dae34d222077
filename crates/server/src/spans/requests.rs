//! The span of a request as OpenTelemetry has it: part of its sender's trace, with the names of its semantic conventions.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tessera_api::http::request_spans::{Begun, RequestSpans};
use tessera_api::http::trace_context::TraceContext;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Makes requests parts of traces.
#[derive(Debug)]
pub struct RequestsInTraces;

impl RequestSpans for RequestsInTraces {
    fn begin(&self, span: &Span, request: &Begun<'_>) {
        if let Some(parent) = request.trace.and_then(remote) {
            // It fails where nobody takes spans, and then there is nothing to be a part of.
            let _of_no_use = span.set_parent(Context::new().with_remote_span_context(parent));
        }
        span.set_attribute("http.request.method", request.method.to_string());
        span.set_attribute("http.route", request.route);
        span.context().span().update_name(format!("{} {}", request.method, request.route));
    }

    fn end(&self, span: &Span, status: StatusCode) -> Option<HeaderValue> {
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        let context = span.context();
        let name = context.span().span_context().span_id();
        (name != SpanId::INVALID).then(|| HeaderValue::from_str(&name.to_string()).ok()).flatten()
    }
}

/// The span that a request was sent from.
fn remote(trace: &TraceContext) -> Option<SpanContext> {
    let id = TraceId::from_hex(&trace.to_string()).ok()?;
    let parent = SpanId::from_hex(trace.parent()).ok()?;
    let flags = if trace.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    Some(SpanContext::new(id, parent, flags, true, TraceState::NONE))
}
