//! `cargo bench -p tessera-tests --bench bench`: Tessera against floors that are measured in the same run. What the
//! figures mean is in `docs/benchmark.md`.
//!
//! This program makes the load. The servers are processes of their own: the release binary, and this program again in one
//! of two roles, the bare [`floor`] and the [`protected`] route. Names of scenarios as arguments run only those.

mod accounts;
mod cores;
mod floor;
mod histogram;
mod http;
mod load;
mod median;
mod neighbours;
mod outcome;
mod parts;
mod protected;
mod release;
mod report;
mod scenarios;
mod server;

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::cores::Cores;
use crate::report::Report;
use crate::scenarios::{Stage, login, refresh, startup, validation};

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve-floor"] => Ok(runtime.block_on(floor::serve())?),
        ["serve-protected", folder, cost] => runtime.block_on(protected::serve(Path::new(folder), cost.parse()?)),
        chosen => runtime.block_on(measure(chosen)),
    }
}

/// Runs the chosen scenarios, or all, and reports.
#[expect(clippy::print_stdout, reason = "the report is what a benchmark is for")]
async fn measure(chosen: &[&str]) -> anyhow::Result<()> {
    let tessera = release::build()?;
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let stage = Stage { cores: Cores::divide()?, tessera, folder: tempfile::tempdir_in(temporary)? };
    let mut report = Report::default();
    report.fact(stage.cores.to_string());
    report.fact(neighbours::describe().await?);
    report.fact("traffic stays on 127.0.0.1; an answer that is no success ends the run");
    let is_chosen = |name| chosen.is_empty() || chosen.contains(&name);
    if is_chosen("validation") {
        validation::run(&stage, &mut report).await.context("validation")?;
    }
    if is_chosen("refresh") {
        refresh::run(&stage, &mut report).await.context("refresh")?;
    }
    if is_chosen("login") {
        login::run(&stage, &mut report).await.context("login")?;
    }
    if is_chosen("startup") {
        startup::run(&stage, &mut report).await.context("startup")?;
    }
    let folder = temporary.with_file_name("bench");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("report.md"), report.to_string())?;
    println!("{report}");
    Ok(())
}
