//! Spans on their way to an OpenTelemetry collector (OTLP over HTTP), where one is configured.
//!
//! What is sent are the requests that the log knows a span of, and what services and storages did within them: names and
//! durations, with no more fields than a line of the log has (invariant I7). Events stay in the log. A collector that is
//! slow or away costs a request nothing: spans that find no place are counted, and the count is logged.

mod client;
mod exporter;
mod queue;
mod requests;
mod tracer;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tracing::metadata::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Collector;
use client::{Cause, Client};
use exporter::Reporting;
use queue::{Bounded, ROOM, Waiting};
pub use requests::RequestsInTraces;
use tracer::ServerSpans;

/// Who made the spans, as the collector is told (the instrumentation scope).
const SCOPE: &str = "tessera";
/// What a request's span is called by the crate that makes it.
const REQUEST: &str = "request";
/// How long the collector may take to accept some spans, with all attempts.
const EXPORT_DEADLINE: Duration = Duration::from_secs(10);
/// How long the end of the program waits for what is still to be sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to the collector. When it is dropped, what was waiting has been sent, or there was no time for it.
#[must_use]
pub struct Spans {
    provider: SdkTracerProvider,
}

impl Spans {
    /// Opens the way. That the collector is there is not asked.
    pub fn start(collector: &Collector) -> anyhow::Result<Self> {
        let cause = Arc::new(Cause::default());
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new(collector, EXPORT_DEADLINE, Arc::clone(&cause))?)
            .with_endpoint(collector.traces.as_str())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_DEADLINE)
            .with_retry_policy(RetryPolicy::recommended())
            .build()
            .context("spans cannot be exported")?;
        let waiting = Arc::new(Waiting::default());
        let batches = BatchSpanProcessor::builder(Reporting::new(exporter, collector, cause, Arc::clone(&waiting)))
            .with_batch_config(BatchConfigBuilder::default().with_max_queue_size(ROOM).build())
            .build();
        let resource = Resource::builder().with_service_name(collector.service_name.clone()).build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(Bounded::new(batches, waiting))
            .build();
        Ok(Self { provider })
    }

    /// What takes the spans from `tracing`.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let is_wanted = dynamic_filter_fn(|metadata, context| {
            is_ours(metadata) && (metadata.name() == REQUEST || context.lookup_current().is_some())
        });
        tracing_opentelemetry::layer()
            .with_tracer(ServerSpans(self.provider.tracer(SCOPE)))
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(is_wanted.with_max_level_hint(LevelFilter::DEBUG).with_callsite_filter(|metadata| {
                if is_ours(metadata) { Interest::sometimes() } else { Interest::never() }
            }))
    }
}

/// The spans of this workspace. One outside of a request, such as of a job in the background, would be a trace by itself
/// that nobody asked for.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::DEBUG && metadata.target().starts_with("tessera_")
}

impl Drop for Spans {
    fn drop(&mut self) {
        // What went wrong was logged by whoever it went wrong for.
        let _as_far_as_it_goes = self.provider.shutdown_with_timeout(PATIENCE);
    }
}
