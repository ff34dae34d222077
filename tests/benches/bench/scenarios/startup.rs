//! What the program costs before anybody uses it: the time to its first answer, its memory, its size.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::accounts::{self, Rotate};
use crate::cores::Place;
use crate::http::{Connection, request};
use crate::load::Load;
use crate::median::median;
use crate::report::{Report, Table, Target};
use crate::server::Server;

use super::{Stage, TESSERA};

const STARTS: usize = 9;
const MB: f64 = 1e6;

/// Measures the release binary.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut empty = Vec::new();
    for _ in 0..STARTS {
        empty.push(start(stage, &stage.new_folder()?).await?);
    }
    let (folder, mut existing) = (stage.new_folder()?, Vec::new());
    start(stage, &folder).await?;
    for _ in 0..STARTS {
        existing.push(start(stage, &folder).await?);
    }
    let (idle, loaded) = memory(stage).await?;
    let size = megabytes(fs::metadata(TESSERA)?.len());
    report.verdict("start on an empty folder", &empty, " ms", Target::Below(100.0));
    report.verdict("start on an existing folder", &existing, " ms", Target::Below(100.0));
    report.verdict("memory, idle", &[idle], " MB", Target::Below(25.0));
    let (empty, existing) = (median(empty), median(existing));
    let mut table = Table::new("The release binary", ["what", "value"]);
    table.row(["process start to the first 200, empty folder".into(), format!("{empty:.1} ms")]);
    table.row(["process start to the first 200, existing folder".into(), format!("{existing:.1} ms")]);
    table.row(["memory a second after the start, all cores".into(), format!("{idle:.1} MB")]);
    table.row(["memory after refreshes on 64 connections".into(), format!("{loaded:.1} MB")]);
    table.row(["size of the binary".into(), format!("{size:.1} MB")]);
    report.table(table);
    Ok(())
}

/// Milliseconds from before the process exists to its first 200. Then it is stopped in order.
async fn start(stage: &Stage, folder: &Path) -> anyhow::Result<f64> {
    let started = Instant::now();
    let server = stage.tessera(folder, Place::ServerCore)?;
    ask_for_health(&server).await?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    server.stop()?;
    Ok(took)
}

async fn ask_for_health(server: &Server) -> anyhow::Result<()> {
    let mut connection = Connection::open(server.addr()).await?;
    let answer = connection.exchange(&request("GET /api/health/", &[], "")).await?;
    ensure!(answer.status == 200, "the server is not well: {}", String::from_utf8_lossy(answer.body));
    Ok(())
}

/// Idle and after a load, in megabytes.
async fn memory(stage: &Stage) -> anyhow::Result<(f64, f64)> {
    let server = stage.tessera(&stage.new_folder()?, Place::AllCores)?;
    ask_for_health(&server).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = server.resident()?;
    let sessions = accounts::sessions(&server, 64).await?;
    Load::closed(0, 2_000).run(&server, sessions.iter().map(Rotate::new).collect()).await?;
    Ok((megabytes(idle), megabytes(server.resident()?)))
}

fn megabytes(bytes: u64) -> f64 {
    // Whole kilobytes are exact in 32 bits.
    f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX)) * 1e3 / MB
}
