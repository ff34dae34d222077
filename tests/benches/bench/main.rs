//! `make bench`: Tessera against floors that are measured in the same run. What the figures mean is in
//! `docs/benchmark.md`.
//!
//! This program makes the load. The servers are processes of their own: the program as it is released, and this program
//! again in one of two roles, the bare [`floor`] and the [`protected`] route. Names of scenarios as arguments run only
//! those.

mod accounts;
mod chart;
mod cores;
mod floor;
mod histogram;
mod http;
mod load;
mod machine;
mod median;
mod neighbours;
mod outcome;
mod protected;
mod raw;
mod report;
mod scenarios;
mod server;

use std::fs;
use std::path::Path;

use anyhow::ensure;

use crate::cores::Cores;
use crate::report::Report;
use crate::scenarios::{
    Stage, growth, login, one_time, peers, refresh, refresh_postgres, startup, user_tokens, validation,
};

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve-floor"] => Ok(runtime.block_on(floor::serve())?),
        ["serve-protected", folder, cost] => runtime.block_on(protected::serve(Path::new(folder), cost)),
        chosen => runtime.block_on(measure(chosen)),
    }
}

/// It needs programs that are not ours, so that it is run only where it is named.
const ON_DEMAND: &str = "peers";

/// Runs the chosen scenarios, or all, and reports. One that cannot be run is told in the report, and fails the run when
/// all others are through.
#[expect(clippy::print_stdout, reason = "the report is what a benchmark is for")]
async fn measure(chosen: &[&str]) -> anyhow::Result<()> {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let stage = Stage { cores: Cores::divide()?, folder: tempfile::tempdir_in(temporary)? };
    let mut report = Report::default();
    report.fact(machine::describe());
    report.fact(stage.cores.to_string());
    report.fact(neighbours::describe().await?);
    report.fact("traffic stays on 127.0.0.1; an answer that is no success ends its scenario");
    let mut failed = Vec::new();
    macro_rules! scenarios {
        ($($name:literal => $scenario:ident),* $(,)?) => {
            let names = [$($name),*];
            let unknown = chosen.iter().find(|name| !names.contains(name));
            ensure!(unknown.is_none(), "there is no scenario {}; there are {}", unknown.unwrap_or(&""), names.join(", "));
            $(if chosen.contains(&$name) || (chosen.is_empty() && $name != ON_DEMAND) {
                eprintln!("measuring {} ...", $name);
                if let Err(error) = $scenario::run(&stage, &mut report).await {
                    report.fact(format!("FAILED: {}: {error:#}", $name));
                    failed.push($name);
                }
            })*
        };
    }
    scenarios! {
        "validation" => validation,
        "refresh" => refresh,
        "refresh-postgres" => refresh_postgres,
        "login" => login,
        "one-time" => one_time,
        "user-tokens" => user_tokens,
        "startup" => startup,
        "growth" => growth,
        "peers" => peers,
    }
    println!("{report}");
    publish(&report, chosen.is_empty(), temporary)?;
    ensure!(failed.is_empty(), "these scenarios failed: {}", failed.join(", "));
    Ok(())
}

/// A whole run is kept in `docs/bench`, a part of one below `target`; with a chart, if there are ratios to draw.
fn publish(report: &Report, is_whole: bool, temporary: &Path) -> anyhow::Result<()> {
    let folder = if is_whole {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bench")
    } else {
        temporary.with_file_name("bench")
    };
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("report.md"), report.to_string())?;
    if report.bars().is_empty() {
        return Ok(());
    }
    let chart = chart::draw(
        "Tessera beside its floors",
        "1 is the floor, measured in the same run; marks are targets",
        report.bars(),
    );
    Ok(fs::write(folder.join("chart.svg"), chart)?)
}
