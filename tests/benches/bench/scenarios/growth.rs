//! Growth: the same work on a database of a thousand accounts with a session each, of a hundred thousand, and of a
//! million where that can be made in time.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::accounts::{self, Session, log_in, refresh};
use crate::cores::Place;
use crate::http::request;
use crate::load::{Client, Load, Repeat};
use crate::outcome::Outcome;
use crate::report::{Report, Table, Target};

use super::{Stage, seed};

const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
const CONNECTIONS: u32 = 16;
const LOAD: Load = Load::closed(300, 1_500);
/// A size that would take longer to make is left out.
const BUDGET: Duration = Duration::from_secs(90);

/// What is done on each size.
struct Measured {
    log_in: Outcome,
    refresh: Outcome,
    list: Outcome,
}

/// Measures it, from the smallest size to the largest that is within the budget.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut table = Table::of_loads("Growth: the same work with more accounts and sessions in SQLite");
    let (mut smallest, mut largest, mut took) = (None, None, (Duration::ZERO, 1));
    for size in SIZES {
        let (last, last_size) = took;
        if last * size / last_size > BUDGET {
            report.fact(format!("{size} accounts were left out, since to make them would take too long here"));
            break;
        }
        let folder = stage.new_folder()?;
        let started = Instant::now();
        fill(stage, &folder, size).await?;
        took = (started.elapsed(), size);
        let measured = measure(stage, &folder, size).await?;
        for (what, outcome) in measured.named() {
            table.outcome(&format!("{what} × {CONNECTIONS}, {size} accounts"), outcome, &[]);
        }
        smallest.get_or_insert((size, measured.costs()));
        largest = Some((size, measured.costs()));
    }
    if let (Some((from, small)), Some((to, large))) = (smallest, largest) {
        for ((what, small), (_, large)) in small.into_iter().zip(large) {
            let measure = format!("{what}, processor time with {to} accounts, of that with {from}");
            report.verdict(&measure, &[large / small], "×", Target::Below(1.5));
        }
    }
    report.table(table);
    Ok(())
}

impl Measured {
    fn named(&self) -> [(&'static str, &Outcome); 3] {
        [("login with bcrypt cost 4", &self.log_in), ("refresh", &self.refresh), ("a page of users", &self.list)]
    }

    /// The server's processor time for one answer, in seconds: how much there is to do, whoever else uses the machine.
    fn costs(&self) -> [(&'static str, f64); 3] {
        self.named().map(|(what, outcome)| (what, outcome.cpu_per_answer().as_secs_f64()))
    }
}

/// The first account and its session come through the front door; all others are like them.
async fn fill(stage: &Stage, folder: &Path, size: u32) -> anyhow::Result<()> {
    let server = stage.tessera(folder, Place::ServerCore)?;
    accounts::sessions(&server, 1).await?;
    server.stop()?;
    seed::multiply(&folder.join("tessera.sqlite3"), size)
}

async fn measure(stage: &Stage, folder: &Path, size: u32) -> anyhow::Result<Measured> {
    let server = stage.tessera(folder, Place::ServerCore)?;
    let (log_in, clients) = LOAD.run(&server, (0..CONNECTIONS).map(|first| LogIn::new(first, size)).collect()).await?;
    let clients = clients.into_iter().map(|client| Refresh { ready: client.opened }).collect();
    let (refresh, _) = LOAD.run(&server, clients).await?;
    let page = Repeat(request("GET /api/v1/users?limit=20", &[], ""));
    let (list, _) = LOAD.run(&server, vec![page; CONNECTIONS as usize]).await?;
    Ok(Measured { log_in, refresh, list })
}

/// Logs in to one account after the other, far from each other.
struct LogIn {
    next: u32,
    accounts: u32,
    current: Vec<u8>,
    opened: VecDeque<Vec<u8>>,
}

/// A prime, so that all accounts have their turn.
const STRIDE: u32 = 611_953;

impl LogIn {
    fn new(first: u32, accounts: u32) -> Self {
        Self { next: first * (accounts / CONNECTIONS), accounts, current: Vec::new(), opened: VecDeque::new() }
    }
}

impl Client for LogIn {
    fn request(&mut self) -> Option<&[u8]> {
        self.current = log_in(self.next as usize);
        self.next = (self.next + STRIDE) % self.accounts;
        Some(&self.current)
    }

    fn answered(&mut self, body: &[u8]) {
        self.opened.extend(Session::read(body).map(|session| refresh(&session.refresh)));
    }
}

/// Rotates many sessions, one after the other.
struct Refresh {
    ready: VecDeque<Vec<u8>>,
}

impl Client for Refresh {
    fn request(&mut self) -> Option<&[u8]> {
        self.ready.front().map(Vec::as_slice)
    }

    fn answered(&mut self, body: &[u8]) {
        if let Some(session) = Session::read(body) {
            self.ready.pop_front();
            self.ready.push_back(refresh(&session.refresh));
        }
    }
}
