//! Telling the log what becomes of spans: once when they can no longer be sent, and once when they can again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};

use super::client::Cause;
use super::queue::Waiting;
use crate::config::Collector;

/// The exporter, and what is known of the collector.
#[derive(Debug)]
pub struct Reporting {
    exporter: SpanExporter,
    url: String,
    cause: Arc<Cause>,
    waiting: Arc<Waiting>,
    is_away: AtomicBool,
}

impl Reporting {
    /// Reports of what `exporter` does.
    pub fn new(exporter: SpanExporter, collector: &Collector, cause: Arc<Cause>, waiting: Arc<Waiting>) -> Self {
        Self { exporter, url: collector.traces.to_string(), cause, waiting, is_away: AtomicBool::new(false) }
    }

    fn report(&self, sent: &OTelSdkResult, count: usize) {
        let url = &self.url;
        let was_away = self.is_away.swap(sent.is_err(), Ordering::Relaxed);
        match sent {
            Ok(()) => {
                let spans = self.waiting.take_lost();
                if was_away {
                    tracing::info!(url, "spans are sent again");
                }
                if spans > 0 {
                    tracing::warn!(url, spans, "spans were lost: the collector did not take them");
                }
            }
            Err(error) => {
                self.waiting.lose(count);
                if !was_away {
                    let error = self.cause.take().unwrap_or_else(|| error.to_string());
                    tracing::warn!(url, error, "the collector does not take spans; they are lost until it does");
                }
            }
        }
    }
}

impl trace::SpanExporter for Reporting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.waiting.leave(count);
        let sent = self.exporter.export(batch).await;
        self.report(&sent, count);
        sent
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
