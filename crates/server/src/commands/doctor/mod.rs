//! `tessera doctor`: looks at everything that the service depends on, and says what to do.
//!
//! It changes nothing, so that it can be asked while servers run, and before one ever did. What is away is one finding; the
//! others are looked at all the same.

mod configuration;
mod database;
mod files;
mod finding;
mod mail;
mod proxies;
mod redis;

use std::process::ExitCode;
use std::sync::Arc;

use tessera_adapters::SystemClock;
use tessera_services::ports::Clock;

use self::finding::{Finding, Findings};
use super::block_on;
use crate::config::{Config, Mistakes};
use crate::output;
use crate::wiring::Overrides;

/// How the findings are told.
#[derive(clap::Args)]
pub struct Doctor {
    /// Tell the findings as JSON, for machines
    #[arg(long)]
    json: bool,
}

/// Looks, tells what it found, and fails if something is a problem.
pub fn examine(config: Result<Config, Mistakes>, overrides: &Overrides, how: &Doctor) -> anyhow::Result<ExitCode> {
    let findings = match config {
        Ok(config) => block_on(async { Ok(look_at_everything(&config, overrides).await) })?,
        Err(mistakes) => configuration::mistaken(&mistakes),
    };
    let findings = Findings(findings);
    output::print(&if how.json { findings.json()? } else { findings.table() })?;
    Ok(if findings.has_problem() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look_at_everything(config: &Config, overrides: &Overrides) -> Vec<Finding> {
    let clock: Arc<dyn Clock> = overrides.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
    let mut findings = configuration::check(config);
    findings.extend(proxies::check(config));
    findings.extend(files::check(config));
    findings.extend(database::check(config, &clock).await);
    findings.extend(redis::check(config, &*clock).await);
    findings.push(mail::check(config).await);
    findings
}
