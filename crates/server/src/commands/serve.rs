//! `tessera serve`: from the first line that says where to look, to the exit code.

use std::path;
use std::process::ExitCode;

use super::block_on;
use super::signals::Signals;
use crate::config::{Config, Database, LogFormat};
use crate::run::{RunningServer, start};
use crate::spans::Spans;
use crate::wiring::Overrides;
use crate::{log, output};

/// The exit code of a program that was interrupted and did not get to its end.
const INTERRUPTED: i32 = 130;

/// Serves until a signal says to stop. Where machines read the log, what goes wrong is an event of the log, too.
pub fn serve(config: &Config, overrides: &Overrides) -> anyhow::Result<ExitCode> {
    let spans = config.telemetry.collector.as_ref().map(Spans::start).transpose()?;
    let _log = log::start_with_spans(&config.logging, spans)?;
    log::log_panics();
    match block_on(serve_until_told_to_stop(config, overrides)) {
        Err(error) if config.logging.format == LogFormat::Json => {
            tracing::error!(error = format!("{error:#}"), "the server cannot go on");
            Ok(ExitCode::FAILURE)
        }
        served => served.map(|()| ExitCode::SUCCESS),
    }
}

async fn serve_until_told_to_stop(config: &Config, overrides: &Overrides) -> anyhow::Result<()> {
    // Listened to from the start, so that a signal that comes early is not lost.
    let mut signals = Signals::listen()?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut server = start(config, overrides).await?;
    announce(config, &server)?;
    tokio::select! {
        name = signals.next() => {
            server.announce_stop();
            tracing::info!(signal = name, "stopping: requests that are under way may end");
        }
        error = server.failed() => return Err(error),
    }
    tokio::select! {
        stopped = server.stop() => stopped?,
        // Whoever manages processes may well repeat SIGTERM; a person who presses Ctrl-C again means it.
        _ = signals.interrupt.recv() => std::process::exit(INTERRUPTED),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Says where to look: a few lines for people, or one event.
fn announce(config: &Config, server: &RunningServer) -> anyhow::Result<()> {
    let addr = server.addr();
    let data = match &config.storage.database {
        Database::Sqlite { path } => path::absolute(path)?.display().to_string(),
        Database::Postgres { .. } => "the PostgreSQL database of DATABASE_URL".to_owned(),
    };
    if config.logging.format == LogFormat::Json {
        tracing::info!(%addr, data, version = env!("CARGO_PKG_VERSION"), app_env = %config.runtime.app_env, "listening");
        return Ok(());
    }
    let url = format!("http://{addr}");
    let name = &config.runtime.app_name;
    let env = config.runtime.app_env;
    output::print(&format!(
        "{name} is listening on {url} ({env}).\n\
         Data is kept in {data}.\n\
         Try it:\n\
         \x20 curl -X POST {url}/api/v1/user/create -H 'Content-Type: application/json' \\\n\
         \x20   -d '{{\"username\": \"ana\", \"email\": \"ana@example.com\", \"password\": \"securepassword123\"}}'",
    ))?;
    Ok(())
}
