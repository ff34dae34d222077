//! The floor of every durable write: rotations straight into the SQLite store, without HTTP and without a signature.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use tessera_domain::{
    Email, Generation, NewUser, PasswordHash, SecurityVersion, Session, SessionClient, SessionId, SessionLimits,
    Timestamp, User, UserId,
};
use tessera_repositories::{
    InsertOutcome, OpenOutcome, RotateOutcome, RotateSession, SessionRepository as _, UserRepository as _,
};
use tessera_repositories_sqlite::{SqliteSessions, SqliteStore, SqliteUsers, StoreOptions};
use tokio::task::JoinSet;

use crate::cores::Place;

use super::Stage;

const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(800);
const NOW: Timestamp = Timestamp::from_unix_seconds(1_714_200_000);
const DAY: Duration = Duration::from_hours(24);

/// Rotations a second of `tasks` sessions at once, on the server's core, where at most `max_batch` share a commit.
pub fn rotations(stage: &Stage, tasks: u32, max_batch: usize) -> anyhow::Result<f64> {
    let path = stage.new_folder()?.join("floor.sqlite3");
    let options = StoreOptions { max_batch, ..StoreOptions::default() };
    // The threads of the store stay on the core that they are started on.
    let measuring = stage.cores.at(Place::ServerCore, || {
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            runtime.block_on(measure(&path, options, tasks))
        })
    })?;
    measuring.join().map_err(|_| anyhow!("the storage floor panicked"))?
}

async fn measure(path: &Path, options: StoreOptions, tasks: u32) -> anyhow::Result<f64> {
    let store = SqliteStore::open_with(path, options)?;
    let owner = insert_account(&SqliteUsers::new(&store)).await?;
    let sessions = Arc::new(SqliteSessions::new(&store));
    let mut rotating = JoinSet::new();
    let from = Instant::now() + WARM_UP;
    for number in 0..tasks {
        let limits = SessionLimits { idle: 7 * DAY, absolute: 30 * DAY };
        let session = Session::open(SessionId::from_bytes(u128::from(number).to_be_bytes()), owner, NOW, limits);
        let OpenOutcome::Opened = sessions.open(&session, SecurityVersion::FIRST).await? else {
            bail!("no session was opened");
        };
        rotating.spawn(rotate(Arc::clone(&sessions), session, from));
    }
    let mut count = 0;
    for rotated in rotating.join_all().await {
        count += rotated?;
    }
    Ok(f64::from(count) / MEASURED.as_secs_f64())
}

async fn insert_account(users: &SqliteUsers) -> anyhow::Result<UserId> {
    let user = User {
        id: UserId::from_bytes([1; 16]),
        email: Email::parse("bench@example.com").map_err(|problem| anyhow!("the address {problem}"))?,
        username: None,
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: NOW,
        updated_at: NOW,
        last_login: None,
        last_login_ip: None,
    };
    let id = user.id;
    match users.insert(&NewUser { user, password_hash: PasswordHash::from_encoded("none") }).await? {
        InsertOutcome::Inserted => Ok(id),
        InsertOutcome::Taken { .. } => bail!("an empty store has the account already"),
    }
}

/// How often one session was rotated in the time that counts.
async fn rotate(sessions: Arc<SqliteSessions>, session: Session, from: Instant) -> anyhow::Result<u32> {
    let (mut generation, mut count) = (Generation::FIRST, 0);
    while from.elapsed() < MEASURED {
        let request = RotateSession {
            id: session.id,
            user_id: session.user_id,
            generation,
            client: SessionClient::default(),
            now: NOW,
            idle: 7 * DAY,
            retry_window: Duration::from_secs(10),
            revoke_until: NOW.plus(DAY),
        };
        let RotateOutcome::Rotated(session) = sessions.rotate(&request).await? else {
            bail!("a session was not rotated");
        };
        generation = session.generation;
        count += u32::from(Instant::now() > from && from.elapsed() <= MEASURED);
    }
    Ok(count)
}
