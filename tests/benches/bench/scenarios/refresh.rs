//! Refreshing on SQLite: a durable write for each answer. Beside it what the store alone does, with and without group commit.

use crate::accounts::{self, Rotate};
use crate::cores::Place;
use crate::load::Load;
use crate::outcome::Outcome;
use crate::report::{Report, Table};

use super::{Stage, storage};

/// Refresh and store take turns, since disks have moods.
const ROUNDS: u32 = 3;
const LOAD: Load = Load::closed(200, 1_000);
const CONNECTIONS: [u32; 3] = [1, 16, 64];
const TOGETHER: usize = 256;
const ALONE: usize = 1;

/// Measures it, each connection with a session of its own.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let server = stage.tessera(&stage.new_folder()?, Place::ServerCore)?;
    let mut loads = Table::of_loads("Refresh on SQLite; the floor is the store alone, with group commit");
    let mut commits = Table::new("The store alone, rotations/s", ["tasks", "group commit", "one by one", "gain"]);
    for connections in CONNECTIONS {
        let sessions = accounts::sessions(&server, connections).await?;
        let mut clients: Vec<_> = sessions.iter().map(Rotate::new).collect();
        let (mut refreshes, mut grouped, mut single, mut shares) = (Outcome::default(), 0.0, 0.0, Vec::new());
        for _ in 0..ROUNDS {
            let floor = storage::rotations(stage, connections, TOGETHER)?;
            grouped += floor / f64::from(ROUNDS);
            single += storage::rotations(stage, connections, ALONE)? / f64::from(ROUNDS);
            let (outcome, driven) = LOAD.run(&server, clients).await?;
            shares.push(outcome.rate() / floor);
            refreshes.add(&outcome);
            clients = driven;
        }
        loads.outcome(&format!("refresh × {connections}"), &refreshes, &shares);
        report.bar(&format!("refresh on SQLite × {connections}"), &shares, None);
        let gain = format!("{:.1}×", grouped / single);
        commits.row([connections.to_string(), format!("{grouped:.0}"), format!("{single:.0}"), gain]);
    }
    report.table(loads);
    report.table(commits);
    Ok(())
}
