//! One-time tokens on Redis, made and spent, beside what redis-benchmark makes of the one command that each could be.
//!
//! Redis has one core, and whoever asks it the other: redis-benchmark, and Tessera. The load is where there is time left for it:
//! with one connection beside Tessera, since only one of them works at a time, and with many beside Redis. Nobody sends a second
//! command on a connection before the first is answered.

use std::process::Command;

use anyhow::Context as _;
use tessera_test_servers::redis::Process;

use crate::accounts::{self, member};
use crate::cores::Place;
use crate::http::request;
use crate::load::{Client, Load};
use crate::outcome::Outcome;
use crate::raw::printed_by;
use crate::report::{Report, Table, Target};

use super::Stage;

/// More than elsewhere: who waits for whom is a matter of luck, and the floor has its share of it.
const ROUNDS: u32 = 7;
const MAKE: Load = Load::closed(200, 800);
/// Until all that were made are spent.
pub const SPEND: Load = Load::closed(0, 10_000);
const CONNECTIONS: [u32; 3] = [1, 16, 64];
const INSTALL: &str = "It comes with Redis; on Debian and Ubuntu: apt-get install -y redis-tools redis-server";
/// A digest in text, and a value as long as the id of an account.
const KEY: &str = "tessera:one_time:__rand_int__0123456789012345678901234567890123";
const VALUE: &str = "018f0000-0000-7000-8000-000000000000";

/// Measures both.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut table = Table::of_loads("One-time tokens on Redis; the floors are SET and GETDEL by redis-benchmark");
    for connections in CONNECTIONS {
        let (asking, asked) = match connections {
            1 => (Place::LoadCore, Place::ServerCore),
            _ => (Place::ServerCore, Place::LoadCore),
        };
        let redis = stage.redis(asked)?;
        let settings = [("REDIS_URL", redis.url()), ("ONETIME_TOKEN_EXPIRE_SECONDS", "3600")];
        let server = stage.tessera_with(&stage.new_folder()?, asking, &settings)?;
        let floor = |words: &[&str]| stage.cores.at(asking, || redis_benchmark(&redis, connections, words))?;
        let sessions = accounts::sessions(&server, connections).await?;
        let (mut made, mut spent) = (Side::default(), Side::default());
        for _ in 0..ROUNDS {
            made.floor(floor(&["SET", KEY, VALUE, "PX", "10000"])?);
            let makers = sessions.iter().map(|session| Make::new(&session.access)).collect();
            let (round, makers) = MAKE.run(&server, makers).await?;
            made.round(&round);
            spent.floor(floor(&["GETDEL", KEY])?);
            let spenders = makers.into_iter().map(Make::into_spender).collect();
            spent.round(&SPEND.run(&server, spenders).await?.0);
        }
        for (what, command, side) in [("create", "SET", made), ("validate", "GETDEL", spent)] {
            table.rate(&format!("redis-benchmark {command} × {connections}"), side.floors / f64::from(ROUNDS));
            table.outcome(&format!("{what} × {connections}"), &side.outcome, &side.shares);
            report.bar(&format!("one-time {what} × {connections}"), &side.shares, Some(0.5));
            let measure = format!("one-time {what} × {connections}, of redis-benchmark's {command}");
            report.verdict(&measure, &side.shares, "", Target::AtLeast(0.5));
        }
    }
    report.table(table);
    Ok(())
}

/// One of the two operations, in all its rounds.
#[derive(Default)]
struct Side {
    outcome: Outcome,
    floors: f64,
    last_floor: f64,
    shares: Vec<f64>,
}

impl Side {
    fn floor(&mut self, rate: f64) {
        self.floors += rate;
        self.last_floor = rate;
    }

    fn round(&mut self, round: &Outcome) {
        self.shares.push(round.rate() / self.last_floor);
        self.outcome.add(round);
    }
}

/// Commands a second. Keys are drawn from as many as there are commands, so that some of what is deleted was not there:
/// that is in favour of the floor.
fn redis_benchmark(redis: &Process, clients: u32, words: &[&str]) -> anyhow::Result<f64> {
    let count = if clients == 1 { "20000" } else { "100000" };
    let mut command = Command::new("redis-benchmark");
    command.args(["-h", "127.0.0.1", "-p", &redis.port().to_string(), "-c", &clients.to_string(), "-n", count]);
    command.args(["-r", count, "--csv"]).args(words);
    let printed = printed_by(&mut command, INSTALL)?;
    // "SET key value","98765.43",... below a line of headings.
    let line = printed.lines().last().context("redis-benchmark says nothing")?;
    let rate = line.split("\",\"").nth(1).context("redis-benchmark tells no rate")?;
    Ok(rate.parse()?)
}

/// Makes tokens, and keeps them.
pub struct Make {
    request: Vec<u8>,
    bearer: String,
    made: Vec<String>,
}

impl Make {
    /// For the holder of this access token.
    pub fn new(access: &str) -> Self {
        let bearer = format!("Bearer {access}");
        let request = request("POST /token/create", &[("Authorization", &bearer)], "");
        Self { request, bearer, made: Vec::new() }
    }

    /// Spends all that were made.
    pub fn into_spender(self) -> Spend {
        let spend = |token: &String| {
            request("POST /token/validate", &[("Authorization", &self.bearer)], &format!(r#"{{"token":"{token}"}}"#))
        };
        Spend { requests: self.made.iter().map(spend).collect::<Vec<_>>().into_iter(), current: Vec::new() }
    }
}

impl Client for Make {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.request)
    }

    fn answered(&mut self, body: &[u8]) {
        self.made.extend(member(body, "token"));
    }
}

/// Spends each of its tokens.
pub struct Spend {
    requests: std::vec::IntoIter<Vec<u8>>,
    current: Vec<u8>,
}

impl Client for Spend {
    fn request(&mut self) -> Option<&[u8]> {
        self.current = self.requests.next()?;
        Some(&self.current)
    }
}
