//! A pooler between the store and its server.

use futures_util::future::join_all;
use tessera_repositories::{InsertOutcome, StorageInspection as _, UserRepository as _};
use tessera_repositories_postgres::{ConnectError, PostgresInspection, PostgresStore, PostgresUsers};
use tessera_test_servers::postgres::{Cluster, Pooler};

use crate::{OPTIONS, connect, new_user, user_id};

/// Statements that one instance prepared would be executed by another under the same names, and be others.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_gives_each_transaction_another_session_is_refused() {
    let cluster = Cluster::start(&[]);
    for order in ["server_round_robin=0", "server_round_robin=1"] {
        for sessions in ["default_pool_size=1", "default_pool_size=2", "default_pool_size=20"] {
            let pooler = Pooler::before(&cluster, &["pool_mode=transaction", order, sessions]);
            for _ in 0..3 {
                let refused = PostgresStore::connect_with(pooler.url(), OPTIONS).await;
                let refused = refused.err().expect("refused");
                assert!(matches!(refused, ConnectError::Pooled), "{order} {sessions}: {refused:?}");
            }
            let looked = PostgresInspection::new(pooler.url()).inspect(&[]).await.expect_err("refused");
            assert!(looked.to_string().contains("transaction mode"), "{looked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_leaves_each_connection_its_session_is_as_good_as_none() {
    let cluster = Cluster::start(&[]);
    let pooler = Pooler::before(&cluster, &["pool_mode=session"]);
    for numbers in [0..20, 20..40] {
        // The second store finds sessions that the first had.
        let store = connect(pooler.url()).await;
        let users = PostgresUsers::new(&store);
        let insertions = join_all(numbers.clone().map(|number| {
            let users = users.clone();
            async move { users.insert(&new_user(number)).await }
        }));
        for inserted in insertions.await {
            assert!(matches!(inserted.expect("inserted"), InsertOutcome::Inserted));
        }
        for number in numbers {
            assert!(users.find(user_id(number)).await.expect("readable").is_some());
        }
        store.close().await;
    }
}
