//! Who makes spans: the library's tracer, and what it cannot know.

use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, SpanKind, Tracer};
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::REQUEST;

/// A tracer that says of requests that a server answers them. As a field of the span it would be in each line of the log.
#[derive(Debug)]
pub struct ServerSpans(pub SdkTracer);

impl Tracer for ServerSpans {
    type Span = Span;

    fn start<T: Into<Cow<'static, str>>>(&self, name: T) -> Span {
        self.build(self.span_builder(name))
    }

    fn start_with_context<T: Into<Cow<'static, str>>>(&self, name: T, parent: &Context) -> Span {
        self.build_with_context(self.span_builder(name), parent)
    }

    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        SpanBuilder::from_name(name)
    }

    fn build_with_context(&self, mut span: SpanBuilder, parent: &Context) -> Span {
        if span.name == REQUEST {
            span.span_kind = Some(SpanKind::Server);
        }
        self.0.build_with_context(span, parent)
    }
}
