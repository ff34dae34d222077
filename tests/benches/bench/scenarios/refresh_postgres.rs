//! Refreshing on PostgreSQL, beside what pgbench makes of the one statement that a refresh is there.
//!
//! PostgreSQL has the server's core to itself. Whoever asks it has the rest of the machine: pgbench, and Tessera itself
//! with the load.

use std::fs;
use std::process::Command;

use anyhow::Context as _;
use tessera_test_servers::postgres::Cluster;
use tokio_postgres::NoTls;

use crate::accounts::{self, Rotate};
use crate::cores::Place;
use crate::load::Load;
use crate::outcome::Outcome;
use crate::raw::printed_by;
use crate::report::{Report, Table, Target};

use super::Stage;

/// More than elsewhere: both sides wait for the disk, which has its moods.
const ROUNDS: u32 = 5;
const LOAD: Load = Load::closed(300, 1_500);
const CONNECTIONS: [u32; 3] = [1, 16, 64];
const INSTALL: &str = "It comes with PostgreSQL; on Debian and Ubuntu: apt-get install -y postgresql";

/// The rotation of a session, as the storage writes it: a guarded update that returns the row. Each client has a session
/// of its own.
const ROTATION: &str = "\
UPDATE sessions SET generation = generation + 1, rotated_at = rotated_at + 1,
    idle_expires_at = CASE WHEN expires_at > idle_expires_at + 1 THEN idle_expires_at + 1 ELSE expires_at END
WHERE id = decode(lpad(to_hex(CAST(:client_id AS integer)), 32, '0'), 'hex') AND ended_at IS NULL AND idle_expires_at > 0
RETURNING *;
";

/// Gives the sessions that there are the ids that pgbench can think of.
const NUMBER: &str = "\
UPDATE sessions SET id = decode(lpad(to_hex(number - 1), 32, '0'), 'hex')
FROM (SELECT id AS old, row_number() OVER () AS number FROM sessions) AS numbered WHERE sessions.id = old";

/// Measures it, each connection with a session of its own.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let cluster = stage.postgres()?;
    let settings = [("DATABASE_URL", cluster.url())];
    let server = stage.tessera_with(&stage.new_folder()?, Place::LoadCore, &settings)?;
    accounts::sessions(&server, 64).await?;
    execute(cluster.url(), NUMBER).await?;
    let script = stage.new_folder()?.join("rotation.sql");
    fs::write(&script, ROTATION)?;
    let mut table = Table::of_loads("Refresh on PostgreSQL; the floor is its one statement by pgbench");
    for connections in CONNECTIONS {
        let sessions = accounts::sessions(&server, connections).await?;
        let mut clients: Vec<_> = sessions.iter().map(Rotate::new).collect();
        let (mut refreshes, mut floor, mut shares) = (Outcome::default(), 0.0, Vec::new());
        for _ in 0..ROUNDS {
            let statements = pgbench(&cluster, &script, connections)?;
            let (round, driven) = LOAD.run(&server, clients).await?;
            shares.push(round.rate() / statements);
            floor += statements / f64::from(ROUNDS);
            refreshes.add(&round);
            clients = driven;
        }
        table.rate(&format!("pgbench × {connections}"), floor);
        table.outcome(&format!("refresh × {connections}"), &refreshes, &shares);
        report.bar(&format!("refresh on PostgreSQL × {connections}"), &shares, Some(0.7));
        report.verdict(&format!("refresh × {connections}, of pgbench's statement"), &shares, "", Target::AtLeast(0.7));
    }
    report.table(table);
    Ok(())
}

/// Transactions a second of this script, prepared, as the driver of Tessera prepares its statements.
fn pgbench(cluster: &Cluster, script: &std::path::Path, clients: u32) -> anyhow::Result<f64> {
    let mut command = Command::new("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--time=2", "--jobs=1", "--client"]).arg(clients.to_string());
    command.arg("--file").arg(script).arg(cluster.url());
    let printed = printed_by(&mut command, INSTALL)?;
    let line = printed.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench tells no rate")?;
    let rate = line.split_ascii_whitespace().next().context("pgbench tells no rate")?;
    Ok(rate.parse()?)
}

async fn execute(url: &str, statement: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driver = tokio::spawn(connection);
    client.batch_execute(statement).await?;
    drop(client);
    Ok(driver.await??)
}
