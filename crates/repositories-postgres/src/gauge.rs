//! How busy the connections are, and how full the tables.

use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use tessera_repositories::{PoolLoad, Result, StorageGauge, TableSize};

use crate::PostgresStore;

/// Where estimating begins: up to here a table is counted, which takes some milliseconds.
const COUNTED: u32 = 100_000;

/// What went wrong with jobs, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub refused: AtomicU64,
    pub late: AtomicU64,
}

/// Those of the migrations are not of interest.
const TABLES: &str = r"SELECT relname::text AS name, reltuples::bigint AS estimate FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname NOT LIKE '\_\_%'
    ORDER BY relname";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    /// What the server found when it last looked; negative if it never did.
    #[diesel(sql_type = BigInt)]
    estimate: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[async_trait]
impl StorageGauge for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn pools(&self) -> Vec<PoolLoad> {
        vec![self.load()]
    }

    /// Counting a large table would read all of it; the server's own estimate costs nothing.
    async fn count_rows(&self) -> Result<Vec<TableSize>> {
        let list = async |connection: &mut _| Ok(sql_query(TABLES).load::<Table>(connection).await?);
        let mut sizes = Vec::new();
        for Table { name, estimate } in self.run("list the tables", list).await? {
            let count = sql_query(format!(
                r#"SELECT count(*) AS "rows" FROM (SELECT 1 FROM "{name}" LIMIT {COUNTED}) AS counted"#
            ));
            let count = async move |connection: &mut _| Ok(count.get_result::<Count>(connection).await?);
            let rows =
                if estimate >= i64::from(COUNTED) { estimate } else { self.run("count rows", count).await?.rows };
            sizes.push(TableSize { table: name, rows: u64::try_from(rows).unwrap_or(0) });
        }
        Ok(sizes)
    }
}
