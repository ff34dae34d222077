//! A server that is there and does not answer: locked, or behind a network that swallows everything.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tessera_repositories::{StorageHealth as _, UserRepository as _};
use tessera_repositories_postgres::{ConnectError, PostgresStore, PostgresUsers, StoreOptions};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::{OPTIONS, RECOVERY, admin, backends, connect_for, for_each_caller, new_user, until_waiting, user_id};
use tessera_test_servers::eventually;
use tessera_test_servers::postgres::{Cluster, Server};

/// Short, since these tests have to sit it out; the deadlines of the server follow from it.
const IMPATIENT: StoreOptions = StoreOptions { patience: Duration::from_secs(2), ..OPTIONS };

/// Well after the store should have given up, and well before anybody could think that it hangs.
const AT_LAST: Duration = Duration::from_secs(8);

/// The server ends the statement itself, and the connection that waited is not used again.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_is_not_waited_for() {
    let schema = Server::shared().schema();
    let options = StoreOptions { connections: 1, ..IMPATIENT };
    let store = PostgresStore::connect_with(schema.url(), options).await.expect("a store");
    let (users, admin) = (PostgresUsers::new(&store), admin(schema.url()).await);
    assert_eq!(users.find(user_id(1)).await.expect("readable"), None);
    let used = pid(&admin).await;
    admin.batch_execute("BEGIN; LOCK TABLE users").await.expect("locked");
    for write in [true, false] {
        let call = async {
            if write { users.insert(&new_user(1)).await.map(drop) } else { users.find(user_id(1)).await.map(drop) }
        };
        let refused = timeout(AT_LAST, call).await.expect("it ends");
        assert!(refused.expect_err("the table is locked").is_transient());
    }
    assert_eq!(backends(&admin, "state <> 'idle'").await, 0);
    admin.batch_execute("COMMIT").await.expect("unlocked");
    assert_eq!(users.find(user_id(1)).await.expect("readable"), None, "what was refused did not happen later");
    assert_ne!(pid(&admin).await, used);
}

/// The only backend of the stores on this schema.
async fn pid(admin: &Client) -> i32 {
    let query = "SELECT pid FROM pg_stat_activity WHERE application_name = current_schema()";
    admin.query_one(query, &[]).await.expect("exactly one").get(0)
}

/// More callers than connections: who cannot have one in time is told so.
#[test]
fn a_crowd_before_a_locked_table_is_sent_away_in_time() {
    for_each_caller(async |workers| {
        let schema = Server::shared().schema();
        let options = StoreOptions { connections: 2, workers, queue: 10, ..IMPATIENT };
        let store = PostgresStore::connect_with(schema.url(), options).await.expect("a store");
        let admin = admin(schema.url()).await;
        admin.batch_execute("BEGIN; LOCK TABLE users").await.expect("locked");
        let mut crowd = tokio::task::JoinSet::new();
        for number in 0..20 {
            let users = PostgresUsers::new(&store);
            crowd.spawn(async move { users.find(user_id(number)).await });
        }
        for refused in timeout(AT_LAST, crowd.join_all()).await.expect("they all end") {
            assert!(refused.expect_err("the table is locked").is_transient());
        }
        admin.batch_execute("COMMIT").await.expect("unlocked");
        assert_eq!(PostgresUsers::new(&store).find(user_id(1)).await.expect("there is room again"), None);
    });
}

#[test]
fn a_network_that_swallows_everything_is_not_waited_for() {
    for_each_caller(async |workers| {
        let cluster = Cluster::start(&[]);
        let network = Network::before(cluster.url()).await;
        let options = StoreOptions { workers, ..IMPATIENT };
        let store = PostgresStore::connect_with(&network.url, options).await.expect("a store");
        let users = PostgresUsers::new(&store);
        assert_eq!(users.find(user_id(1)).await.expect("readable"), None);

        network.is_frozen.send_replace(true);
        for _ in 0..2 {
            let refused = timeout(AT_LAST, users.find(user_id(1))).await.expect("it ends");
            assert!(refused.expect_err("nothing comes back").is_transient());
        }
        let refused = timeout(AT_LAST, PostgresStore::connect_with(&network.url, IMPATIENT)).await.expect("it ends");
        assert!(matches!(refused, Err(ConnectError::Unreachable(_))));

        network.is_frozen.send_replace(false);
        let well = async { while users.find(user_id(1)).await.is_err() {} };
        timeout(RECOVERY, well).await.expect("recovered in time");
    });
}

/// Closing waits for what was asked, and refuses what comes later.
#[test]
fn closing_finishes_what_was_asked() {
    for_each_caller(async |workers| {
        let schema = Server::shared().schema();
        let (store, admin) = (connect_for(schema.url(), workers).await, admin(schema.url()).await);
        let users = PostgresUsers::new(&store);
        admin.batch_execute("BEGIN; LOCK TABLE users").await.expect("locked");
        let asked = tokio::spawn({
            let users = users.clone();
            async move { users.insert(&new_user(1)).await }
        });
        until_waiting(&admin, 1).await;
        let closing = tokio::spawn({
            let store = store.clone();
            async move { store.close().await }
        });
        admin.batch_execute("COMMIT").await.expect("unlocked");
        closing.await.expect("closed");
        let _inserted = asked.await.expect("no panic").expect("it was finished");
        assert!(users.find(user_id(1)).await.expect_err("it is closed").is_transient());
        store.close().await;
        eventually("no connection is left", async || (backends(&admin, "true").await == 0).then_some(())).await;
    });
}

/// Whoever waits for a connection of its own and for a common one takes one, and the other is not opened for nobody.
#[test]
fn a_busy_worker_opens_no_more_connections_than_there_may_be() {
    for_each_caller(async |workers| {
        let cluster = Cluster::start(&[]);
        let network = Network::before(cluster.url()).await;
        let options = StoreOptions { connections: 8, workers, ..OPTIONS };
        let store = PostgresStore::connect_with(&network.url, options).await.expect("a store");
        let before = network.carried.load(Ordering::Relaxed);
        for crowd in (1..20).cycle().take(200) {
            join_all((0..crowd).map(|_| async { store.check().await.expect("answered") })).await;
        }
        assert!(network.carried.load(Ordering::Relaxed) - before <= 8, "{:?}", network.carried);
    });
}

/// What lies between the store and the server, and can be frozen.
struct Network {
    url: String,
    is_frozen: watch::Sender<bool>,
    /// How many connections there were.
    carried: Arc<AtomicU32>,
}

impl Network {
    async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = listener.local_addr().expect("its address").to_string();
        let (prefix, rest) = url.split_once('@').expect("a user");
        let (there, database) = rest.split_once('/').expect("a database");
        let (is_frozen, frozen) = watch::channel(false);
        let url = format!("{prefix}@{here}/{database}");
        let (there, carried) = (there.to_owned(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&carried);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let far = TcpStream::connect(&there).await.expect("the server");
                tokio::spawn(carry(near, far, frozen.clone()));
            }
        });
        Self { url, is_frozen, carried }
    }
}

/// Carries bytes both ways, as long as nothing is frozen. What is under way in a frozen network stays there.
async fn carry(mut near: TcpStream, mut far: TcpStream, mut frozen: watch::Receiver<bool>) {
    let mut carrying = pin!(copy_bidirectional(&mut near, &mut far));
    while frozen.wait_for(|frozen| !frozen).await.is_ok() {
        tokio::select! {
            _ = frozen.changed() => {}
            _ = carrying.as_mut() => return,
        }
    }
}
