//! What it costs to know who calls: a protected route that does nothing, against actix-web that does nothing.

use crate::accounts::{self, Rotate, Session};
use crate::cores::Place;
use crate::floor;
use crate::http::request;
use crate::load::{Client, Load, Repeat};
use crate::outcome::Outcome;
use crate::raw::es256_verifications;
use crate::report::{Report, Table, Target};

use super::{CHEAP, Stage};

/// The two take turns, so that what disturbs the machine for a while disturbs both.
const ROUNDS: usize = 9;
const LOAD: Load = Load::closed(100, 400);
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Measures it, for tokens that come again and for tokens that come once.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let (bare, folder) = (stage.floor()?, stage.new_folder()?);
    let protected = stage.protected(&folder, CHEAP, Place::ServerCore)?;
    let sessions = accounts::sessions(&protected, 64).await?;
    let mut table = Table::of_loads("Validation of an access token on a protected route");
    for connections in CONNECTIONS {
        let callers: Vec<_> = calls(&sessions).into_iter().take(connections).collect();
        let (mut floor, mut ours, mut shares) = (Outcome::default(), Outcome::default(), Vec::new());
        for _ in 0..ROUNDS {
            let (theirs, _) = LOAD.run(&bare, anonymous(connections)).await?;
            let (round, _) = LOAD.run(&protected, callers.clone()).await?;
            shares.push(round.rate() / theirs.rate());
            floor.add(&theirs);
            ours.add(&round);
        }
        let target = (connections == 64).then_some(0.7);
        table.outcome(&format!("bare actix-web × {connections}"), &floor, &[]);
        table.outcome(&format!("validation × {connections}"), &ours, &shares);
        report.bar(&format!("validation × {connections}"), &shares, target);
        if let Some(least) = target {
            report.verdict("validation × 64, of the bare handler", &shares, "", Target::AtLeast(least));
        }
    }
    // Rotation makes tokens; to the next process they are new.
    let rotate = sessions.iter().map(Rotate::new).collect();
    let (_, rotated) = Load::closed(0, 2_500).run(&protected, rotate).await?;
    let tokens: Vec<String> = rotated.into_iter().flat_map(|client| client.given).collect();
    let once = tokens.chunks(tokens.len().div_ceil(16)).map(Once::new).collect();
    drop(protected);
    let protected = stage.protected(&folder, CHEAP, Place::ServerCore)?;
    let (first_seen, _) = Load::closed(0, 10_000).run(&protected, once).await?;
    table.rate("ES256 verification alone", es256_verifications(&stage.cores)?);
    table.outcome("validation × 16, each token for the first time", &first_seen, &[]);
    report.table(table);
    Ok(())
}

/// Calls of the bare handler.
pub fn anonymous(connections: usize) -> Vec<Repeat> {
    let ping = request(&format!("GET {}", floor::PATH), &[], "");
    vec![Repeat(ping); connections]
}

/// Each with the token of a session of its own.
pub fn calls(sessions: &[Session]) -> Vec<Repeat> {
    sessions.iter().map(|session| Repeat(call(&session.access))).collect()
}

fn call(token: &str) -> Vec<u8> {
    request(&format!("GET {}", floor::PATH), &[("Authorization", &format!("Bearer {token}"))], "")
}

/// Calls once with each of its tokens.
struct Once {
    calls: std::vec::IntoIter<Vec<u8>>,
    current: Vec<u8>,
}

impl Once {
    fn new(tokens: &[String]) -> Self {
        let calls: Vec<_> = tokens.iter().map(|token| call(token)).collect();
        Self { calls: calls.into_iter(), current: Vec::new() }
    }
}

impl Client for Once {
    fn request(&mut self) -> Option<&[u8]> {
        self.current = self.calls.next()?;
        Some(&self.current)
    }
}
