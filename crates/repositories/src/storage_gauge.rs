//! How busy a storage is, and how full: for those who watch over it.

use async_trait::async_trait;

use crate::Result;

/// A storage whose work can be read off.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StorageGauge: Send + Sync {
    /// Its name for an operator: `sqlite`, `postgres`.
    fn name(&self) -> &'static str;

    /// Its pools, in a fixed order. Reading them waits for nobody and costs next to nothing.
    fn pools(&self) -> Vec<PoolLoad>;

    /// How many rows each table has, by name. The storage is asked, one short question a table: the numbers of large tables
    /// may be estimates, and no two tables are counted at the same moment. Not for a hot path.
    async fn count_rows(&self) -> Result<Vec<TableSize>>;
}

/// Those who do the work of a storage, threads or connections, and what waits for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// What they do.
    pub name: &'static str,
    /// How many they are at the most.
    pub size: u64,
    /// How many of them are at work.
    pub busy: u64,
    /// How many jobs wait.
    pub waiting: u64,
    /// How many jobs were refused since the start, since too many waited.
    pub refused: u64,
    /// How many jobs since the start had no answer in time.
    pub late: u64,
}

/// The size of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
}
