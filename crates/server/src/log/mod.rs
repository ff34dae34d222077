//! The log: events to standard error, one a line, for people or for machines.

mod json_lines;
mod one_line;
mod queue;

use std::io;
use std::panic::{self, PanicHookInfo};

use anyhow::Context as _;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::{LogFormat, Logging};
use crate::spans::Spans;
use json_lines::JsonLines;
use queue::Queue;
pub use queue::lines_lost;

/// The log that was started. When it is dropped, what was logged is written.
#[must_use]
pub struct Log {
    queue: Queue,
    spans: Option<Spans>,
}

impl Drop for Log {
    fn drop(&mut self) {
        // What becomes of the last spans is logged, too.
        drop(self.spans.take());
        self.queue.flush();
    }
}

/// Sends events to standard error from now on.
pub fn start(logging: &Logging) -> anyhow::Result<Log> {
    start_with_spans(logging, None)
}

/// The same, with somebody who takes spans, if there is one: whatever the level of the log is.
pub fn start_with_spans(logging: &Logging, spans: Option<Spans>) -> anyhow::Result<Log> {
    let queue = Queue::start(io::stderr()).context("the thread that writes the log cannot be started")?;
    let filter = logging.filter.clone();
    let started = match &spans {
        // One filter for all is the cheapest: what it does not want is not even asked about.
        None => registry().with(filter).with(lines(logging, queue.clone())).try_init(),
        Some(spans) => {
            registry().with(lines(logging, queue.clone()).with_filter(filter)).with(spans.layer()).try_init()
        }
    };
    started.context("the log cannot be started")?;
    Ok(Log { queue, spans })
}

/// What makes lines of events.
fn lines<S>(logging: &Logging, queue: Queue) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    match logging.format {
        LogFormat::Pretty => fmt::layer().with_writer(queue).with_ansi(false).log_internal_errors(false).boxed(),
        LogFormat::Json => JsonLines::new(queue, shows_calls(&logging.filter)).boxed(),
    }
}

/// Whether calls of services and questions to storages are asked for. An event may then be within several of them; otherwise
/// the request is all that it can be within.
fn shows_calls(filter: &Targets) -> bool {
    let callees = ["services", "repositories_sqlite", "repositories_postgres", "repositories_redis"];
    callees.iter().any(|callee| filter.would_enable(&format!("tessera_{callee}"), &Level::DEBUG))
}

/// Logs a panic like any other event. Its message is left out, since it may quote what somebody sent (invariant I7);
/// the place is enough to find it.
pub fn log_panics() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name(), "a thread panicked");
    }));
}
