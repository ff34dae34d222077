//! Logging in: how much of what bcrypt can do is left for logins, and how much a storm of them slows down everybody else.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::setpriority_process;
use rustix::thread::gettid;

use crate::accounts::{self, Session};
use crate::cores::Place;
use crate::http::Connection;
use crate::load::{Load, Repeat};
use crate::outcome::Outcome;
use crate::report::{Report, Table, Target};
use crate::server::Server;

use super::Stage;
use super::validation::calls;

/// The least that production accepts: a run takes seconds, and the ratios are the same.
pub const COST: u32 = 10;
/// Of the server's hashing threads.
const NICENESS: i32 = 10;
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// So many at once are a storm.
const MANY: usize = 16;
const ROUNDS: usize = 2;
const STORM: Load = Load::closed(1_000, 2_500);
/// Eight connections at this pace are 800 requests a second: enough to see a slow one, too few to be a load themselves.
const CALLERS: u32 = 8;
const CALLS: Load = Load { pace: Some(Duration::from_millis(10)), ..Load::closed(500, 4_000) };

/// Measures both, on all cores.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let server = stage.protected(&stage.new_folder()?, COST, Place::AllCores)?;
    let sessions = accounts::sessions(&server, CALLERS).await?;
    let mut connection = Connection::open(server.addr()).await?;
    for number in 1..=64 {
        accounts::create(&mut connection, number).await?;
    }
    let mut table = Table::of_loads(&format!("Login with bcrypt cost {COST} on all cores, and validation beside it"));
    for connections in CONNECTIONS {
        let threads = stage.cores.count().min(connections);
        let (mut logins, mut floor, mut shares) = (Outcome::default(), 0.0, Vec::new());
        for _ in 0..ROUNDS {
            let hashes = stage.cores.at(Place::AllCores, || hashes_per_second(threads))?;
            let round = match STORM.run(&server, storm(connections)).await {
                Ok((round, _)) => round,
                // Where hashes take too long for so many, some are refused: that is as it should be, and no rate.
                Err(error) if connections > MANY => {
                    report.fact(format!("login × {connections} was not measured: {error:#}"));
                    break;
                }
                Err(error) => return Err(error),
            };
            shares.push(round.rate() / hashes);
            floor += hashes / 2.0;
            logins.add(&round);
        }
        if shares.len() < ROUNDS {
            continue;
        }
        table.rate(&format!("bcrypt alone × {threads}, a thread each"), floor);
        table.outcome(&format!("login × {connections}"), &logins, &shares);
        report.bar(&format!("login × {connections}"), &shares, Some(0.95));
        if connections == MANY {
            report.verdict("login × 16, of what bcrypt can do", &shares, "", Target::AtLeast(0.95));
        }
    }
    let idle = CALLS.run(&server, calls(&sessions)).await?.0;
    let stormy = calls_in_a_storm(&server, &sessions).await?;
    let slower = stormy.latencies.percentile(99).as_secs_f64() / idle.latencies.percentile(99).as_secs_f64();
    report.verdict("validation's p99 in a login storm, of idle", &[slower], "×", Target::Below(10.0));
    table.outcome(&format!("validation × {CALLERS}, paced, idle"), &idle, &[]);
    table.outcome(&format!("validation × {CALLERS}, paced, in the storm"), &stormy, &[]);
    report.table(table);
    Ok(())
}

/// Everybody logs in to an account of their own.
fn storm(connections: usize) -> Vec<Repeat> {
    (1..=connections).map(|number| Repeat(accounts::log_in(number))).collect()
}

async fn calls_in_a_storm(server: &Server, sessions: &[Session]) -> anyhow::Result<Outcome> {
    // Longer than the calls on both sides, so that every call that counts is in the storm.
    let storm = Load::closed(0, 5_500).run(server, storm(MANY));
    let calls = Load { warm_up: Duration::from_secs(1), ..CALLS }.run(server, calls(sessions));
    let (storm, calls) = tokio::join!(storm, calls);
    storm?;
    Ok(calls?.0)
}

/// What the processor can do: each thread hashes as fast as it can, at the low priority that the server's have, so that a
/// machine with other things to do takes as much from both.
fn hashes_per_second(threads: usize) -> f64 {
    let hash = || {
        let _best_effort = setpriority_process(Some(gettid()), NICENESS);
        let (started, mut hashes) = (Instant::now(), 0_u32);
        while started.elapsed() < Duration::from_secs(2) {
            black_box(bcrypt::bcrypt(COST, [7; 16], black_box(&[b'a'; 64])));
            hashes += 1;
        }
        f64::from(hashes) / started.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(hash)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(f64::NAN)).sum()
    })
}
