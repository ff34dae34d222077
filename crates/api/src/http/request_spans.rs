//! Whoever follows requests beyond the log, and is told of their spans.
//!
//! A span knows when it begins and ends. What else makes it a part of a trace that others can read is told here, to
//! somebody who knows how traces travel; nothing in this crate does.

use std::fmt;

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use tracing::Span;

use super::trace_context::TraceContext;

/// Is told of each request that has a span.
pub trait RequestSpans: fmt::Debug + Send + Sync {
    /// `request` came in. Nothing has happened within `span` yet.
    fn begin(&self, span: &Span, request: &Begun<'_>);

    /// It is answered. Returns what the span is called in its trace, 16 hexadecimal digits, if it is known by a name.
    fn end(&self, span: &Span, status: StatusCode) -> Option<HeaderValue>;
}

/// A request that came in.
#[derive(Debug)]
pub struct Begun<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The pattern of its path, and never the path itself.
    pub route: &'static str,
    /// The trace that its sender names.
    pub trace: Option<&'a TraceContext>,
}

/// The span of a request, on its way to the outermost layer.
#[derive(Debug)]
pub(super) struct RequestSpan(pub Span);
