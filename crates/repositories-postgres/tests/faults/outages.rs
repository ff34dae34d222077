//! The server goes away, shuts its doors or takes no writes, under load, and comes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tessera_repositories::{RepositoryError, StorageHealth as _, UserRepository as _};
use tessera_repositories_postgres::{PostgresStore, PostgresUsers, StoreOptions};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{RECOVERY, admin, for_each_caller, new_user, user_id};
use tessera_test_servers::postgres::{Cluster, Server};

/// With the deadlines of the service: they are what recovery depends on.
async fn connect(url: &str, workers: usize) -> PostgresStore {
    let options = StoreOptions { workers, ..StoreOptions::default() };
    PostgresStore::connect_with(url, options).await.expect("a store")
}

/// Eight writers that insert one account after the other, until they are told to stop.
struct Load {
    writers: JoinSet<BTreeSet<u32>>,
    acknowledged: watch::Receiver<u32>,
    refused: watch::Receiver<u32>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn start(store: &PostgresStore) -> Self {
        let (acknowledge, acknowledged) = watch::channel(0);
        let (refuse, refused) = watch::channel(0);
        let (is_over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let (users, is_over, next) = (PostgresUsers::new(store), Arc::clone(&is_over), Arc::clone(&next));
            let (acknowledge, refuse) = (acknowledge.clone(), refuse.clone());
            writers.spawn(async move {
                let mut mine = BTreeSet::new();
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    match users.insert(&new_user(number)).await {
                        Ok(_) => {
                            mine.insert(number);
                            acknowledge.send_modify(|count| *count += 1);
                        }
                        Err(error) => {
                            assert!(error.is_transient(), "{error:?}");
                            refuse.send_modify(|count| *count += 1);
                        }
                    }
                }
                mine
            });
        }
        Self { writers, acknowledged, refused, is_over }
    }

    /// Waits until so many more writes were acknowledged.
    async fn acknowledged(&mut self, more: u32) {
        until_more(&mut self.acknowledged, more).await;
    }

    /// Waits until so many more writes were refused.
    async fn refused(&mut self, more: u32) {
        until_more(&mut self.refused, more).await;
    }

    /// Ends it, and looks whether everything that was acknowledged is there (invariant I4).
    async fn stop(self, store: &PostgresStore) {
        self.is_over.store(true, Ordering::Relaxed);
        let users = PostgresUsers::new(store);
        for number in self.writers.join_all().await.into_iter().flatten() {
            assert!(users.find(user_id(number)).await.expect("readable").is_some(), "{number} was lost");
        }
    }
}

async fn until_more(count: &mut watch::Receiver<u32>, more: u32) {
    let wanted = *count.borrow() + more;
    let reached = timeout(RECOVERY, count.wait_for(|count| *count >= wanted)).await;
    reached.expect("in time").expect("the load goes on");
}

/// Calls until there is an answer, within the time in which a service has to be well again.
async fn until_answered<T>(call: impl AsyncFn() -> Result<T, RepositoryError>) -> T {
    let trying = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => assert!(error.is_transient(), "{error:?}"),
            }
        }
    };
    timeout(RECOVERY, trying).await.expect("recovered in time")
}

#[test]
fn a_server_that_restarts_under_load_loses_nothing_and_is_found_again() {
    for_each_caller(async |workers| {
        let cluster = Cluster::start(&[]);
        let store = connect(cluster.url(), workers).await;
        let mut load = Load::start(&store);
        for mode in ["immediate", "fast"] {
            load.acknowledged(100).await;
            assert!(cluster.pg_ctl(&["stop", "-m", mode]));
            load.refused(20).await;
            assert!(store.check().await.expect_err("it is away").is_transient());
            assert!(cluster.pg_ctl(&["start"]));
            load.acknowledged(100).await;
        }
        load.stop(&store).await;
    });
}

#[test]
fn backends_that_are_killed_are_replaced() {
    for_each_caller(async |workers| {
        let schema = Server::shared().schema();
        let (store, admin) = (connect(schema.url(), workers).await, admin(schema.url()).await);
        let kill = async || {
            let kill =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = current_schema()";
            admin.batch_execute(kill).await.expect("killed");
        };
        let mut load = Load::start(&store);
        for _ in 0..5 {
            load.acknowledged(50).await;
            kill().await;
        }
        load.acknowledged(50).await;
        load.stop(&store).await;

        kill().await;
        until_answered(async || store.check().await).await;
    });
}

#[test]
fn a_server_without_a_free_slot_is_worth_a_retry() {
    for_each_caller(async |workers| {
        let cluster = Cluster::start(&["max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0"]);
        let store = connect(cluster.url(), workers).await;
        let mut others = Vec::new();
        until_answered(async || store.check().await).await;
        // One for each of the three that are left. The one that the store has goes on to serve.
        while others.len() < 3 {
            others.push(admin(cluster.url()).await);
        }
        let mut load = Load::start(&store);
        load.refused(10).await;
        load.acknowledged(10).await;
        drop(others);
        load.acknowledged(50).await;
        load.stop(&store).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_worth_a_retry_and_can_still_be_read() {
    let cluster = Cluster::start(&[]);
    let (store, admin) = (connect(cluster.url(), 0).await, admin(cluster.url()).await);
    admin.batch_execute("SET default_transaction_read_only = off").await.expect("we are above it");
    let users = PostgresUsers::new(&store);
    let mut load = Load::start(&store);
    load.acknowledged(10).await;

    admin.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.expect("set");
    admin.batch_execute("SELECT pg_reload_conf()").await.expect("read");
    load.refused(50).await;
    assert!(store.check().await.expect_err("it is of no use").is_transient());
    assert!(users.find(user_id(u32::MAX)).await.expect("readable").is_none());

    admin.batch_execute("ALTER SYSTEM RESET default_transaction_read_only").await.expect("reset");
    admin.batch_execute("SELECT pg_reload_conf()").await.expect("read");
    load.acknowledged(50).await;
    until_answered(async || store.check().await).await;
    load.stop(&store).await;
}

/// A server that is shutting down is a matter of seconds; one that hangs on its way is not to be waited for.
#[test]
fn while_the_server_is_away_errors_come_at_once() {
    for_each_caller(async |workers| {
        let cluster = Cluster::start(&[]);
        let store = connect(cluster.url(), workers).await;
        assert!(cluster.pg_ctl(&["stop", "-m", "immediate"]));
        let refused = timeout(Duration::from_secs(1), PostgresUsers::new(&store).find(user_id(1))).await;
        assert!(refused.expect("at once").expect_err("it is away").is_transient());
    });
}
