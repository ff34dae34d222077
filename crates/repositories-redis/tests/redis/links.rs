//! Where the connections are that questions travel on.

use std::sync::Arc;
use std::time::Duration;

use tessera_repositories::StorageHealth as _;
use tessera_repositories_redis::RedisStore;
use tessera_test_servers::redis::Process;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::support::{PREFIX, connect};
use crate::{RECOVERY, until_answered};

/// But for the one that asks.
fn connections(redis: &Process) -> usize {
    redis.ask(&["CLIENT", "LIST"]).lines().filter(|line| line.contains("addr=")).count() - 1
}

/// Asks until there are so many.
async fn until_there_are(count: usize, redis: &Process, store: Option<&RedisStore>) {
    let started = Instant::now();
    while connections(redis) != count {
        assert!(started.elapsed() < RECOVERY, "{} instead of {count}", connections(redis));
        if let Some(store) = store {
            until_answered(async || store.check().await).await;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_of_many_threads_asks_on_the_connection_that_all_share() {
    let redis = Process::start(&[]);
    let store = connect(redis.url(), PREFIX).await;
    store.check().await.expect("answered");
    assert_eq!(connections(&redis), 1);
}

#[tokio::test]
async fn a_runtime_of_one_thread_has_a_connection_of_its_own_which_ends_with_the_store() {
    let redis = Process::start(&[]);
    let store = connect(redis.url(), PREFIX).await;
    until_there_are(2, &redis, Some(&store)).await;
    drop(store);
    until_there_are(0, &redis, None).await;
}

#[tokio::test]
async fn a_connection_that_broke_is_opened_again_and_nobody_waits_for_it() {
    let redis = Process::start(&[]);
    let store = connect(redis.url(), PREFIX).await;
    until_there_are(2, &redis, Some(&store)).await;
    redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    until_there_are(2, &redis, Some(&store)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_its_runtime_and_another_one_on_the_thread_gets_another() {
    let redis = Arc::new(Process::start(&[]));
    let store = connect(redis.url(), PREFIX).await;
    let (theirs, server) = (store.clone(), Arc::clone(&redis));
    let worker = std::thread::spawn(move || {
        for _ in 0..2 {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(until_there_are(2, &server, Some(&theirs)));
        }
    });
    worker.join().expect("both got one");
    until_there_are(1, &redis, None).await;
}
