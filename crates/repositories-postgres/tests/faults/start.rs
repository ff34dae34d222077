//! Starting: several at once, against nothing, and from runtimes that come and go.

use tessera_repositories::{InsertOutcome, StorageHealth as _, UserRepository as _};
use tessera_repositories_postgres::{ConnectError, PostgresStore, PostgresUsers};
use tokio::task::JoinSet;

use crate::{admin, connect, new_user};
use tessera_test_servers::postgres::Server;

#[tokio::test(flavor = "multi_thread")]
async fn four_stores_migrate_one_empty_database_at_once() {
    let schema = Server::shared().schema();
    let mut starts = JoinSet::new();
    for _ in 0..4 {
        let url = schema.url().to_owned();
        starts.spawn(async move { connect(&url).await.check().await.expect("healthy") });
    }
    starts.join_all().await;
    let query = "SELECT count(*) FROM __diesel_schema_migrations";
    let applied: i64 = admin(schema.url()).await.query_one(query, &[]).await.expect("a count").get(0);
    let embedded = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres")).expect("there");
    assert_eq!(applied, i64::try_from(embedded.count()).expect("few"));
}

/// The names and the order, so that both storages are at the same version.
#[test]
fn the_migrations_are_those_of_the_twin() {
    let names = |backend: &str| {
        let folder = format!("{}/../../migrations/{backend}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("postgres"), names("sqlite"));
}

#[tokio::test]
async fn nobody_there_is_an_error_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let refused = PostgresStore::connect(&format!("postgres://u@127.0.0.1:{port}/x")).await;
    assert!(matches!(refused, Err(ConnectError::Unreachable(_))));
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_not_made() {
    let schema = Server::shared().schema();
    let url = schema.url().replace("search_path%3D", "search_path%3Dno_");
    assert!(matches!(PostgresStore::connect(&url).await, Err(ConnectError::Migrate(_))));
}

/// As the workers of the web server do. A connection that lived on the runtime of whoever needed it first would die
/// with it, and take the next caller's query along.
#[test]
fn connections_survive_the_runtime_of_their_first_user() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let schema = Server::shared().schema();
    let store = runtime().block_on(connect(schema.url()));
    for number in 0..3 {
        let inserted = runtime().block_on(PostgresUsers::new(&store).insert(&new_user(number)));
        assert_eq!(inserted.expect("inserted"), InsertOutcome::Inserted);
    }
}
