//! Whether a connection keeps its session.
//!
//! A pooler in transaction mode gives each transaction whichever session of the server is free. What we tell a session (how
//! long to wait for a lock) would be told to others, and a prepared statement is known by a name that each instance
//! counts out for itself: one would execute what another had prepared.

use diesel::{ConnectionError, ConnectionResult};
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::connection::{Target, bad, too_late};

/// How often each of two connections is asked while the other holds its session. Once is enough for a pooler that gives out
/// the session that came back last; one that gives them out in turn needs twice.
const ROUNDS: usize = 3;

/// Whether connections to `target` keep their sessions. Prepares nothing.
pub(crate) async fn are_kept(target: &Target) -> ConnectionResult<bool> {
    timeout(target.patience(), look(target)).await.unwrap_or_else(|_| Err(too_late()))
}

async fn look(target: &Target) -> ConnectionResult<bool> {
    let (one, other) = (target.client().await?, target.client().await?);
    let (one, other) = ((&one, &session(&one).await?), (&other, &session(&other).await?));
    if one.1 == other.1 {
        return Ok(false);
    }
    for ((holding, held), (asking, asked)) in [(one, other), (other, one)].repeat(ROUNDS) {
        execute(holding, "BEGIN").await?;
        let is_kept = session(holding).await? == *held && session(asking).await? == *asked;
        execute(holding, "ROLLBACK").await?;
        if !is_kept {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The process of the server that a connection talks to.
async fn session(client: &Client) -> ConnectionResult<String> {
    let told = execute(client, "SELECT pg_backend_pid()").await?;
    let pid = told.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    pid.ok_or_else(|| ConnectionError::BadConnection("the server does not tell its process".to_owned()))
}

async fn execute(client: &Client, statement: &str) -> ConnectionResult<Vec<SimpleQueryMessage>> {
    client.simple_query(statement).await.map_err(|error| bad(&error))
}
