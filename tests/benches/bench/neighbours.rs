//! What else the machine does: figures that were taken beside a compiler say more about the compiler.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

const LOOK: Duration = Duration::from_secs(1);
/// More than this, in percent, is more than a machine at rest does.
const QUIET: u64 = 5;

/// Looks for a second, in which we do nothing ourselves, and says what it saw.
pub async fn describe() -> anyhow::Result<String> {
    let (idle_before, all_before) = ticks()?;
    tokio::time::sleep(LOOK).await;
    let (idle, all) = ticks()?;
    // Waiting for a disk counts as idle, and is known to count backwards.
    let (idle, all) = (idle.saturating_sub(idle_before), all.saturating_sub(all_before).max(1));
    let busy = 100 * all.saturating_sub(idle) / all;
    let warning = if busy > QUIET { ": do not believe the rates, nor targets that are met or missed" } else { "" };
    Ok(format!("others used {busy} % of the machine before the run{warning}"))
}

/// The time that all cores were idle, and all of their time, since the machine started (proc(5), `/proc/stat`).
fn ticks() -> anyhow::Result<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().context("nothing in /proc/stat")?.split_ascii_whitespace().skip(1);
    // Guests are counted within the first two of the eight.
    let ticks = fields.take(8).map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let idle = ticks.iter().skip(3).take(2).sum();
    Ok((idle, ticks.iter().sum()))
}
