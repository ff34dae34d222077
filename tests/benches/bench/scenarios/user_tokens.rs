//! Asking about a token of another service's user: the introspection of `user_tokens`, a signature and the stored pair
//! for each answer. Beside it the bare handler.

use anyhow::{Context as _, ensure};

use crate::accounts::member;
use crate::cores::Place;
use crate::http::{Connection, request};
use crate::load::{Load, Repeat};
use crate::outcome::Outcome;
use crate::report::{Report, Table};
use crate::server::Server;

use super::Stage;
use super::validation::anonymous;

const ROUNDS: usize = 5;
const LOAD: Load = Load::closed(100, 400);
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Measures it, each connection with a user of its own.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let bare = stage.floor()?;
    let server = stage.tessera(&stage.new_folder()?, Place::ServerCore)?;
    let questions = questions(&server, 64).await?;
    let mut table = Table::of_loads("Validation of a token of user_tokens, its pair read from SQLite");
    for connections in CONNECTIONS {
        let (mut ours, mut shares) = (Outcome::default(), Vec::new());
        for _ in 0..ROUNDS {
            let (floor, _) = LOAD.run(&bare, anonymous(connections)).await?;
            let (round, _) = LOAD.run(&server, questions.iter().take(connections).cloned().collect()).await?;
            shares.push(round.rate() / floor.rate());
            ours.add(&round);
        }
        table.outcome(&format!("validate-token × {connections}"), &ours, &shares);
        report.bar(&format!("user_tokens validate × {connections}"), &shares, None);
    }
    report.table(table);
    Ok(())
}

/// One for each of so many users, who are made first.
async fn questions(server: &Server, users: u32) -> anyhow::Result<Vec<Repeat>> {
    let mut connection = Connection::open(server.addr()).await?;
    let mut questions = Vec::new();
    for id in 1..=users {
        let user = format!(r#"{{"id":{id},"username":"user{id}"}}"#);
        let answer = connection.exchange(&request("POST /auth/token/gen-tokens", &[], &user)).await?;
        ensure!(answer.status == 201, "no pair was made: {}", String::from_utf8_lossy(answer.body));
        let access = member(answer.body, "access").context("a pair without an access token")?;
        let question = format!(r#"{{"id":{id},"access":"{access}","is_frontend":true}}"#);
        questions.push(Repeat(request("POST /auth/token/validate-token", &[], &question)));
    }
    Ok(questions)
}
