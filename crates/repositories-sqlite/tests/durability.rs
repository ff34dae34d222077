//! What survives: crowds of writers, several processes, a `kill -9`, and starting all at once.
//!
//! Some tests need a second process. They run this test binary again, asking for one test only and telling it by an
//! environment variable that it is the child; without the variable that test has nothing to do.

#![expect(clippy::expect_used, reason = "a test: what it expects, it expects")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tempfile::TempDir;
use tessera_domain::{
    Email, NewUser, PasswordHash, SecurityVersion, Session, SessionId, SessionLimits, Timestamp, User, UserId,
};
use tessera_repositories::{
    InsertOutcome, OpenOutcome, SessionRepository as _, StorageHealth as _, UserRepository as _,
};
use tessera_repositories_sqlite::{SqliteSessions, SqliteStore, SqliteUsers};
use tokio::task::JoinSet;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const CHILD: &str = "TESSERA_TEST_DATABASE";

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

fn empty() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data/tessera.db");
    (folder, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("a store")
}

/// Starts `test` of this file as another process that works on the database at `path`.
fn child(test: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

/// The database to work on, in a child.
#[expect(clippy::disallowed_methods, reason = "a process of this test, not the configuration of the service")]
fn as_child() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_on_two_stores_never_find_the_database_locked() {
    let (_folder, path) = empty();
    let stores = [open(&path), open(&path)];
    let mut writers = JoinSet::new();
    for (writer, store) in (0..50).zip(stores.iter().cycle()) {
        let users = SqliteUsers::new(store);
        writers.spawn(async move {
            for number in writer * 10..writer * 10 + 10 {
                assert_eq!(users.insert(&new_user(number)).await.expect("inserted"), InsertOutcome::Inserted);
                assert!(users.find(user_id(number)).await.expect("found").is_some(), "what was acknowledged is seen");
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("no writer failed");
    }
    for store in stores {
        store.check().await.expect("healthy");
        assert!(SqliteUsers::new(&store).find(user_id(499)).await.expect("found").is_some());
    }
}

/// Half of the jobs break a unique index in a way that no outcome is for; the other half must not notice.
#[tokio::test(flavor = "multi_thread")]
async fn failing_writes_harm_no_others() {
    let (_folder, path) = empty();
    let store = open(&path);
    let (users, sessions) = (SqliteUsers::new(&store), SqliteSessions::new(&store));
    let owner = new_user(1_000);
    assert_eq!(users.insert(&owner).await.expect("inserted"), InsertOutcome::Inserted);
    let duplicate = session(1, owner.user.id);
    let opened = sessions.open(&duplicate, SecurityVersion::FIRST).await.expect("opened");
    assert_eq!(opened, OpenOutcome::Opened);

    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let (users, sessions, duplicate) = (users.clone(), sessions.clone(), duplicate.clone());
        tasks.spawn(async move {
            if number % 2 == 0 {
                assert_eq!(users.insert(&new_user(number)).await.expect("inserted"), InsertOutcome::Inserted);
            } else {
                let error = sessions.open(&duplicate, SecurityVersion::FIRST).await.expect_err("a used id");
                assert!(!error.is_transient());
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("as expected");
    }
}

/// The child prints the number of each account after its insertion was acknowledged, until it is killed.
#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let (_folder, path) = empty();
    let mut child = child("child_that_writes_until_it_is_killed", &path);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let mut numbers = lines.by_ref().filter_map(|line| line.strip_prefix("done ")?.parse::<u32>().ok());
    let mut acknowledged: BTreeSet<u32> = numbers.by_ref().take(500).collect();
    child.kill().expect("SIGKILL");
    acknowledged.extend(numbers);
    child.wait().expect("it is dead");

    assert!(acknowledged.len() >= 500, "the child wrote before it was killed");
    let store = open(&path);
    let users = SqliteUsers::new(&store);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for number in acknowledged {
            assert!(users.find(user_id(number)).await.expect("readable").is_some(), "{number} was lost");
        }
        let next = users.insert(&new_user(u32::MAX)).await.expect("writable");
        assert_eq!(next, InsertOutcome::Inserted);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn child_that_writes_until_it_is_killed() {
    let Some(path) = as_child() else { return };
    let store = open(&path);
    let mut writers = JoinSet::new();
    for writer in 0..16_u32 {
        let users = SqliteUsers::new(&store);
        writers.spawn(async move {
            for number in (writer..).step_by(16) {
                let outcome = users.insert(&new_user(number)).await.expect("inserted");
                assert_eq!(outcome, InsertOutcome::Inserted);
                // A line a write: the harness buffers nothing of it that a kill could take away or cut in two.
                let line = format!("\ndone {number}\n");
                std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent reads");
                std::io::stdout().lock().flush().expect("the parent reads");
            }
        });
    }
    writers.join_all().await;
}

#[test]
fn simultaneous_first_starts_migrate_once() {
    let (_folder, path) = empty();
    let children: Vec<_> = (0..4).map(|_| child("child_that_opens", &path)).collect();
    for child in children {
        assert!(child.wait_with_output().expect("it ends").status.success(), "a process could not open the database");
    }
    let processes = applied(&path);

    let (_folder, path) = empty();
    let start = Arc::new(Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (path, start) = (path.clone(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                open(&path)
            })
        })
        .collect();
    for thread in threads {
        drop(thread.join().expect("a thread could not open the database"));
    }
    assert_eq!(processes, applied(&path));
    let embedded = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite")).expect("there");
    assert_eq!(processes, i64::try_from(embedded.count()).expect("few"));
}

#[tokio::test]
async fn child_that_opens() {
    let Some(path) = as_child() else { return };
    open(&path).check().await.expect("healthy");
}

/// How many migrations the database has seen.
fn applied(path: &Path) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        applied: i64,
    }
    let mut connection = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a connection");
    let count: Count = sql_query("SELECT count(*) AS applied FROM __diesel_schema_migrations")
        .get_result(&mut connection)
        .expect("a count");
    count.applied
}
