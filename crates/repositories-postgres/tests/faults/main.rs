//! What a store does when its server is away, slow, full, silent or read-only, and when callers go away.
//!
//! What can be done in a schema is done on the shared server; what would disturb others has a server of its own.
//! Nothing here waits for time to pass: a test waits until it *sees* that what it needs has happened.

#![expect(clippy::expect_used, reason = "a test: what it expects, it expects")]

mod account_changes;
mod callers;
mod interleaving;
mod outages;
mod poolers;
mod silence;
mod start;

use std::time::Duration;

use tessera_domain::{Email, NewUser, PasswordHash, Session, SessionId, SessionLimits, Timestamp, User, UserId};
use tessera_repositories_postgres::{PostgresStore, StoreOptions};
use tessera_test_servers::eventually;
use tokio::runtime::Builder;
use tokio_postgres::{Client, NoTls};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// By when a service works again after a fault has ended (invariant I5).
const RECOVERY: Duration = Duration::from_secs(10);

/// So patient that a busy machine makes no difference, for the tests that are not about being late.
const OPTIONS: StoreOptions =
    StoreOptions { connections: 4, workers: 0, queue: 256, patience: Duration::from_secs(40) };

/// Runs a test whose stores have so many workers, once for callers that are none, and once for one that is.
fn for_each_caller(test: impl AsyncFn(usize)) {
    let (everybody, worker) = (Builder::new_multi_thread(), Builder::new_current_thread());
    for (mut runtime, workers) in [(everybody, 0), (worker, 1)] {
        runtime.enable_all().build().expect("a runtime").block_on(test(workers));
    }
}

async fn connect(url: &str) -> PostgresStore {
    connect_for(url, 0).await
}

/// The same for so many workers.
async fn connect_for(url: &str, workers: usize) -> PostgresStore {
    PostgresStore::connect_with(url, StoreOptions { workers, ..OPTIONS }).await.expect("a store")
}

/// A connection that a test uses to look, to hold locks and to do harm.
async fn admin(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client.batch_execute("SET application_name = 'admin'").await.expect("a name of its own");
    client
}

/// How many backends of the stores on this schema are in a state that `condition` describes. The server shows a
/// transaction always the same picture of the others, unless it is told to forget it.
async fn backends(admin: &Client, condition: &str) -> i64 {
    admin.batch_execute("SELECT pg_stat_clear_snapshot()").await.expect("forgotten");
    let schema = "application_name = current_schema()";
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {schema} AND {condition}");
    admin.query_one(&query, &[]).await.expect("a count").get(0)
}

/// Looks until `count` of them wait for a lock.
async fn until_waiting(admin: &Client, count: i64) {
    let waiting = async || (backends(admin, "wait_event_type = 'Lock'").await >= count).then_some(());
    eventually(&format!("{count} wait for a lock"), waiting).await;
}

fn user_id(number: u32) -> UserId {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    UserId::new(NOW, random)
}

fn new_user(number: u32) -> NewUser {
    let user = User {
        id: user_id(number),
        email: Email::parse(&format!("user{number}@example.com")).expect("an address"),
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
    NewUser { user, password_hash: PasswordHash::from_encoded("a hash") }
}

fn session(number: u8, user: UserId) -> Session {
    let day = Duration::from_hours(24);
    let limits = SessionLimits { idle: 7 * day, absolute: 30 * day };
    Session::open(SessionId::from_bytes([number; 16]), user, NOW, limits)
}
