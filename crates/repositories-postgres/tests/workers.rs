//! Threads with a runtime to themselves have connections of their own, and all together no more than there may be.

#![cfg(test)]

use std::thread::{self, JoinHandle};
use std::time::Duration;

use tessera_domain::{Revocation, RevokedKey, SessionId, Timestamp};
use tessera_repositories::{RevocationRepository as _, StorageGauge as _, StorageHealth as _};
use tessera_repositories_postgres::{PostgresRevocations, PostgresStore, StoreOptions};
use tessera_test_servers::eventually;
use tessera_test_servers::postgres::{Schema, Server};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

const PATIENCE: Duration = Duration::from_secs(40);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn store(schema: &Schema, connections: usize, workers: usize) -> PostgresStore {
    let options = StoreOptions { connections, workers, patience: PATIENCE, ..StoreOptions::default() };
    PostgresStore::connect_with(schema.url(), options).await.expect("a store")
}

async fn admin(schema: &Schema) -> Client {
    let (client, connection) = tokio_postgres::connect(schema.url(), NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client.batch_execute("SET application_name = 'admin'").await.expect("a name of its own");
    client
}

/// How many connections the store has.
async fn connections(admin: &Client) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_schema()";
    admin.query_one(query, &[]).await.expect("a count").get(0)
}

/// Has whoever wants to revoke something wait, with a connection each.
async fn stop(admin: &Client) {
    admin
        .batch_execute("BEGIN; SELECT pg_advisory_xact_lock(1953719662, 'revocations'::regclass::oid::integer)")
        .await
        .expect("locked");
}

/// Looks until so many wait.
async fn until_waiting(admin: &Client, count: i64) {
    let query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND objid = 'revocations'::regclass::oid";
    let waiting = async || admin.query_one(query, &[]).await.expect("a count").get::<_, i64>(0);
    eventually(&format!("{count} wait"), async || (waiting().await == count).then_some(())).await;
}

/// Revokes twenty things at once, from the runtime of the caller.
async fn revoke(store: PostgresStore) {
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let revocations = PostgresRevocations::new(&store);
        let revocation = Revocation {
            key: RevokedKey::Session(SessionId::from_bytes([number; 16])),
            until: Timestamp::from_unix_seconds(2_000_000_000),
        };
        tasks.spawn(async move { revocations.insert(&[revocation]).await.expect("revoked") });
    }
    tasks.join_all().await;
}

/// The same on a thread with a runtime to itself.
fn revoke_elsewhere(store: &PostgresStore) -> JoinHandle<()> {
    let store = store.clone();
    thread::spawn(move || runtime().block_on(revoke(store)))
}

/// Three of eight are the share of each of two workers, and two are for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn workers_have_their_share_and_what_is_common_and_nobody_has_more() {
    let schema = Server::shared().schema();
    let (store, admin) = (store(&schema, 8, 2).await, admin(&schema).await);
    stop(&admin).await;
    let first = revoke_elsewhere(&store);
    until_waiting(&admin, 5).await;
    let second = revoke_elsewhere(&store);
    until_waiting(&admin, 8).await;
    let (third, others) = (revoke_elsewhere(&store), tokio::spawn(revoke(store.clone())));
    let load = || store.pools().into_iter().next().expect("a pool");
    eventually("they wait", async || (load().waiting == 72).then_some(())).await;
    assert_eq!((load().size, load().busy), (8, 8));
    assert_eq!(connections(&admin).await, 8);
    admin.batch_execute("COMMIT").await.expect("unlocked");
    others.await.expect("all answered");
    for worker in [first, second, third] {
        worker.join().expect("all answered");
    }
    assert_eq!((load().busy, load().waiting), (0, 0));
    eventually("shares end with their threads", async || (connections(&admin).await == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_after_a_worker_that_ended_has_its_share() {
    let schema = Server::shared().schema();
    let (store, admin) = (store(&schema, 4, 1).await, admin(&schema).await);
    for _ in 0..3 {
        stop(&admin).await;
        let worker = revoke_elsewhere(&store);
        until_waiting(&admin, 4).await;
        admin.batch_execute("COMMIT").await.expect("unlocked");
        worker.join().expect("all answered");
    }
}

#[test]
fn a_thread_that_begins_anew_is_answered_at_once() {
    let schema = Server::shared().schema();
    let store = runtime().block_on(store(&schema, 4, 1));
    for _ in 0..3 {
        let asking = async { store.check().await.expect("answered") };
        runtime().block_on(asking);
    }
    runtime().block_on(store.close());
    let refused = runtime().block_on(store.check()).expect_err("it is closed");
    assert!(refused.is_transient());
}
