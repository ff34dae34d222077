//! How busy the threads are, and how full the tables.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use tessera_repositories::{PoolLoad, Result, StorageGauge, TableSize};

use crate::SqliteStore;

/// What one kind of threads counts.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    busy: AtomicU64,
    refused: AtomicU64,
    late: AtomicU64,
}

impl Meter {
    /// Does `work` and is busy meanwhile. It does not panic: what may is caught further down, with its connection.
    pub(crate) fn at_work<T>(&self, work: impl FnOnce() -> T) -> T {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let result = work();
        self.busy.fetch_sub(1, Ordering::Relaxed);
        result
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    /// What it reads, of `size` threads with `waiting` jobs before them.
    pub(crate) fn read(&self, name: &'static str, size: usize, waiting: usize) -> PoolLoad {
        PoolLoad {
            name,
            size: size as u64,
            busy: self.busy.load(Ordering::Relaxed),
            waiting: waiting as u64,
            refused: self.refused.load(Ordering::Relaxed),
            late: self.late.load(Ordering::Relaxed),
        }
    }
}

/// SQLite's own tables and those of the migrations are not of interest.
const TABLES: &str = r"SELECT name FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE '\_\_%' ESCAPE '\'
    ORDER BY name";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[async_trait]
impl StorageGauge for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn pools(&self) -> Vec<PoolLoad> {
        vec![self.writer().load(), self.readers().load()]
    }

    /// Each table is a question of its own, so that others get their turn between them: counting reads an index from end to
    /// end, some milliseconds for a million rows.
    async fn count_rows(&self) -> Result<Vec<TableSize>> {
        let list = |connection: &mut _| Ok(sql_query(TABLES).load::<Table>(connection)?);
        let mut sizes = Vec::new();
        for Table { name: table } in self.read("list the tables", list).await? {
            let count = sql_query(format!(r#"SELECT count(*) AS "rows" FROM "{table}""#));
            let counted = self.read("count rows", move |connection| Ok(count.get_result::<Count>(connection)?)).await?;
            sizes.push(TableSize { table, rows: u64::try_from(counted.rows).unwrap_or(0) });
        }
        Ok(sizes)
    }
}
