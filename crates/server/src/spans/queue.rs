//! How many spans may wait for the collector, and what becomes of those that find no place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// Spans that may wait: some megabytes at the very most.
pub const ROOM: usize = 4_096;

/// The spans that wait, and those that were lost, counted.
#[derive(Debug, Default)]
pub struct Waiting {
    waiting: AtomicUsize,
    lost: AtomicUsize,
}

impl Waiting {
    /// One more, if there is room; otherwise it is lost.
    fn admit(&self) -> bool {
        let has_room = self.waiting.fetch_add(1, Ordering::Relaxed) < ROOM;
        if !has_room {
            self.leave(1);
            self.lose(1);
        }
        has_room
    }

    /// So many wait no longer.
    pub fn leave(&self, spans: usize) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
    }

    /// So many will not be sent.
    pub fn lose(&self, spans: usize) {
        self.lost.fetch_add(spans, Ordering::Relaxed);
    }

    /// How many were lost since this was asked for the last time.
    pub fn take_lost(&self) -> usize {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

/// The way into the batches, as long as there is room.
#[derive(Debug)]
pub struct Bounded {
    batches: BatchSpanProcessor,
    waiting: Arc<Waiting>,
}

impl Bounded {
    /// The way into `batches`.
    pub fn new(batches: BatchSpanProcessor, waiting: Arc<Waiting>) -> Self {
        Self { batches, waiting }
    }
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    /// Never waits.
    fn on_end(&self, span: SpanData) {
        if self.waiting.admit() {
            self.batches.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let sent = self.batches.shutdown_with_timeout(timeout);
        let spans = self.waiting.take_lost();
        if spans > 0 || sent.is_err() {
            tracing::warn!(spans, in_time = sent.is_ok(), "spans were lost: the collector did not take them");
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted() {
        let waiting = Waiting::default();
        let admitted = (0..ROOM + 3).filter(|_| waiting.admit()).count();
        assert_eq!((admitted, waiting.take_lost()), (ROOM, 3));
        waiting.leave(1);
        assert!(waiting.admit() && !waiting.admit());
        assert_eq!((waiting.take_lost(), waiting.take_lost()), (1, 0));
    }
}
