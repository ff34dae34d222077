//! What callers of the writer rely on, with its batches under control: a job that waits at a gate keeps the thread
//! busy until all others are in the queue. The tests run on one thread, so that yielding once lets every spawned task
//! get there.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
use tempfile::TempDir;
use tessera_repositories::Result as RepositoryResult;
use tokio::task::JoinHandle;

use super::*;
use crate::SqliteStore;
use crate::schema::revocations;

fn store(options: StoreOptions) -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (SqliteStore::open_with(folder.path().join("tessera.db"), options).expect("a store"), folder)
}

/// Keeps the writer busy until the returned sender is dropped.
async fn close_gate(store: &SqliteStore) -> Sender<()> {
    let (gate, closed) = crossbeam_channel::bounded::<()>(0);
    let (entered, at_gate) = oneshot::channel();
    let mut entered = Some(entered);
    let job = submit(store, move |_| {
        let _ = entered.take().map(|entered| entered.send(()));
        let _ = closed.recv();
        Ok(())
    });
    at_gate.await.expect("the writer is at the gate");
    drop(job);
    gate
}

fn submit<T: Send + 'static>(
    store: &SqliteStore,
    work: impl FnMut(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
) -> JoinHandle<RepositoryResult<T>> {
    let store = store.clone();
    tokio::spawn(async move { store.write("a test", work).await })
}

/// Adds the row with this number.
fn add(connection: &mut SqliteConnection, number: u8) -> Result<(), Failure> {
    diesel::insert_into(revocations::table)
        .values((
            revocations::kind.eq("token"),
            revocations::key.eq(vec![number; 16]),
            revocations::until.eq(i64::from(number)),
        ))
        .execute(connection)?;
    Ok(())
}

/// The numbers of the rows that are there.
async fn rows(store: &SqliteStore) -> Vec<i64> {
    store
        .read("list rows", |connection| {
            Ok(revocations::table.select(revocations::until).order(revocations::until).load(connection)?)
        })
        .await
        .expect("rows")
}

async fn joined<T>(task: impl Future<Output = Result<T, tokio::task::JoinError>>) -> T {
    task.await.expect("the task ends")
}

#[tokio::test]
async fn a_failing_job_and_a_panicking_one_cost_their_neighbours_nothing() {
    let (store, _folder) = store(StoreOptions::default());
    let runs = Arc::new(AtomicUsize::new(0));
    let gate = close_gate(&store).await;
    let neighbour = |number| {
        let runs = Arc::clone(&runs);
        submit(&store, move |connection| {
            runs.fetch_add(1, Ordering::Relaxed);
            add(connection, number)
        })
    };
    let mut neighbours: Vec<_> = (0..5).map(neighbour).collect();
    let failing = submit(&store, |connection| add(connection, 100).and(Err::<(), _>(Failure::Corrupt("on purpose"))));
    neighbours.extend((5..10).map(neighbour));
    let panicking = submit(&store, |connection| {
        add(connection, 101)?;
        if true { panic!("on purpose") } else { Ok(()) }
    });
    tokio::task::yield_now().await;
    drop(gate);

    for neighbour in neighbours {
        joined(neighbour).await.expect("a neighbour succeeds");
    }
    for culprit in [joined(failing).await, joined(panicking).await] {
        assert!(!culprit.expect_err("a culprit fails").is_transient());
    }
    assert_eq!(rows(&store).await, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(runs.load(Ordering::Relaxed), 15, "five ran in the shared transaction before it failed, then all alone");
    store.write("a test", |connection| add(connection, 10)).await.expect("the writer lives on after the panic");
}

/// Each job asks a second connection how much is committed already.
#[tokio::test]
async fn what_is_waiting_shares_one_transaction_unless_told_otherwise() {
    for (max_batch, expected) in [(256, vec![0; 4]), (1, vec![0, 1, 2, 3])] {
        let (store, folder) = store(StoreOptions { max_batch, ..StoreOptions::default() });
        let gate = close_gate(&store).await;
        let jobs: Vec<_> = (0..4)
            .map(|number| {
                let mut witness = second_connection(&folder);
                submit(&store, move |connection| {
                    add(connection, number)?;
                    Ok(revocations::table.count().get_result::<i64>(&mut witness)?)
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(gate);
        let mut committed = Vec::new();
        for job in jobs {
            committed.push(joined(job).await.expect("committed"));
        }
        assert_eq!(committed, expected, "{max_batch} a transaction");
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let (store, _folder) = store(StoreOptions { queue: 2, ..StoreOptions::default() });
    let gate = close_gate(&store).await;
    let waiting = [submit(&store, |connection| add(connection, 1)), submit(&store, |connection| add(connection, 2))];
    tokio::task::yield_now().await;
    let refused = store.write("a test", |connection| add(connection, 3)).await;
    assert!(refused.expect_err("there is no room").is_transient());
    drop(gate);
    for job in waiting {
        joined(job).await.expect("what found room is done");
    }
    assert_eq!(rows(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_its_write_along() {
    let (store, _folder) = store(StoreOptions::default());
    let gate = close_gate(&store).await;
    let abandoned = submit(&store, |connection| add(connection, 1));
    tokio::task::yield_now().await;
    abandoned.abort();
    assert!(abandoned.await.expect_err("it was aborted").is_cancelled());
    drop(gate);
    store.write("a test", |connection| add(connection, 2)).await.expect("written");
    assert_eq!(rows(&store).await, [1, 2]);
}

#[tokio::test]
async fn closing_finishes_what_is_waiting_and_refuses_what_comes_later() {
    let (store, folder) = store(StoreOptions::default());
    let gate = close_gate(&store).await;
    let waiting: Vec<_> = (0..3).map(|number| submit(&store, move |connection| add(connection, number))).collect();
    tokio::task::yield_now().await;
    let closing = {
        let store = store.clone();
        thread::spawn(move || store.close())
    };
    drop(gate);
    closing.join().expect("closed");
    for job in waiting {
        joined(job).await.expect("what was waiting is done");
    }
    let late = store.write("a test", |connection| add(connection, 9)).await;
    assert!(late.expect_err("it is closed").is_transient());
    let late = store.read("a test", |_| Ok(())).await;
    assert!(late.expect_err("it is closed").is_transient());
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(files.len(), 1, "the journal was written back: {files:?}");
    assert_eq!(revocations::table.count().get_result::<i64>(&mut second_connection(&folder)).expect("rows"), 3);
}

/// The limit belongs to the connection and stands for a disk that is full; a fresh connection has room again.
#[tokio::test]
async fn the_writer_recovers_from_a_full_disk() {
    let (store, _folder) = store(StoreOptions::default());
    let grow = |connection: &mut SqliteConnection| {
        Ok(connection.batch_execute("CREATE TABLE big AS SELECT randomblob(1000000) AS bytes")?)
    };
    let full = store
        .write("a test", move |connection| {
            connection.batch_execute("PRAGMA max_page_count = 1")?;
            grow(connection)
        })
        .await
        .expect_err("the disk is full");
    assert!(full.is_transient(), "{full:?}");
    store.write("a test", grow).await.expect("there is room again");
}

#[tokio::test]
async fn a_writer_in_another_process_is_waited_for() {
    let (store, folder) = store(StoreOptions::default());
    let mut other = second_connection(&folder);
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock");
    add(&mut other, 1).expect("a row");
    let waiting = submit(&store, |connection| add(connection, 2));
    tokio::task::yield_now().await;
    other.batch_execute("COMMIT").expect("committed");
    joined(waiting).await.expect("its turn came");
    assert_eq!(rows(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_reader_survives_a_panic_and_cannot_write() {
    let (store, _folder) = store(StoreOptions { readers: 1, ..StoreOptions::default() });
    let panicked = store.read("a test", |_| if true { panic!("on purpose") } else { Ok(()) }).await;
    assert!(!panicked.expect_err("it panicked").is_transient());
    assert!(store.read("a test", |connection| add(connection, 1)).await.is_err());
    assert_eq!(rows(&store).await, [0_i64; 0]);
}

fn second_connection(folder: &TempDir) -> SqliteConnection {
    let path = folder.path().join("tessera.db");
    SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a connection")
}
