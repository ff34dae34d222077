//! The log: events to standard error, one a line, for people or for machines.

mod one_line;
mod queue;

use std::io;
use std::panic::{self, PanicHookInfo};

use anyhow::Context as _;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, Logging};
use queue::Queue;
pub use queue::lines_lost;

/// The log that was started. When it is dropped, what was logged is written.
#[must_use]
pub struct Log(Queue);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Sends events to standard error from now on.
pub fn start(logging: &Logging) -> anyhow::Result<Log> {
    let queue = Queue::start(io::stderr()).context("the thread that writes the log cannot be started")?;
    let lines = fmt::layer().with_writer(queue.clone()).with_ansi(false).log_internal_errors(false);
    let events = tracing_subscriber::registry().with(logging.filter.clone());
    let started = match logging.format {
        LogFormat::Pretty => events.with(lines).try_init(),
        LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_span_list(shows_calls(&logging.filter));
            events.with(json).try_init()
        }
    };
    started.context("the log cannot be started")?;
    Ok(Log(queue))
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
