//! A PostgreSQL server to test against, and a schema of its own for each test in it.
//!
//! The server is the one that `TEST_DATABASE_URL` names, or else a private one that this test process starts once and
//! that ends with it, see [`Cluster`]. Tests run in parallel; each works in a schema that it gets with
//! [`Server::schema`] and that is dropped with it.

mod cluster;
mod pooler;

use std::sync::OnceLock;
use std::thread;

pub use cluster::Cluster;
use futures_util::TryStreamExt as _;
pub use pooler::Pooler;
use tokio_postgres::NoTls;

use crate::{given, unique_name};

/// A server that somebody else takes care of, or one of ours.
pub enum Server {
    /// The one of `TEST_DATABASE_URL`.
    Given(String),
    /// One that ends with us.
    Private(Cluster),
}

impl Server {
    /// The server of this test process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| match given("TEST_DATABASE_URL") {
            Some(url) => Self::Given(url),
            None => Self::Private(Cluster::start(&[])),
        })
    }

    fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Private(cluster) => cluster.url(),
        }
    }

    /// A fresh, empty schema.
    pub fn schema(&self) -> Schema {
        let name = unique_name();
        execute(self.url(), &format!("CREATE SCHEMA {name}"));
        let separator = if self.url().contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}application_name={name}&options=-c%20search_path%3D{name}", self.url());
        Schema { name, url }
    }
}

/// A schema, dropped when this is.
pub struct Schema {
    name: String,
    url: String,
}

impl Schema {
    /// A URL that leads to it. Its connections also bear its name, by which the server can tell them apart.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Schema {
    /// Every byte that is kept in its tables.
    pub async fn content(&self) -> Vec<u8> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.expect("a connection");
        let driver = tokio::spawn(connection);
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()";
        let mut bytes = Vec::new();
        for row in client.query(tables, &[]).await.expect("the tables") {
            let table: &str = row.get(0);
            let copied = client.copy_out(&format!("COPY {table} TO STDOUT (FORMAT binary)")).await.expect("readable");
            let chunks: Vec<_> = copied.try_collect().await.expect("complete");
            bytes.extend(chunks.concat());
        }
        drop(client);
        driver.await.expect("no panic").expect("a connection that ends in order");
        bytes
    }
}

impl Drop for Schema {
    /// Whoever is still connected, a server that a test did not stop, holds no lock any longer.
    fn drop(&mut self) {
        let name = &self.name;
        let theirs = format!("application_name = '{name}' AND pid <> pg_backend_pid()");
        let disconnect = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {theirs}");
        execute(&self.url, &format!("{disconnect}; DROP SCHEMA {name} CASCADE"));
    }
}

/// Executes a statement on a connection of its own, and on a thread of its own: tests are asynchronous, and neither
/// the start of a server nor a destructor is.
fn execute(url: &str, statement: &str) {
    let run = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        let driver = tokio::spawn(connection);
        client.batch_execute(statement).await.expect("executed");
        drop(client);
        driver.await.expect("no panic").expect("a connection that ends in order");
    };
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(run);
        });
        thread.join().expect("the statement is executed");
    });
}
