//! Whether the store works.

use async_trait::async_trait;
use diesel::{QueryDsl as _, RunQueryDsl as _};
use tessera_repositories::{Condition, Result, StorageHealth};

use crate::SqliteStore;
use crate::error::Failure;
use crate::schema::users;

/// Asks the writer, since a store that can only be read is of no use: its thread is alive, the lock can be had, the
/// file can be read. A transaction that changes nothing costs no `fsync`.
#[async_trait]
impl StorageHealth for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn check(&self) -> Result<Condition> {
        self.write("check the database", |connection| {
            let _: Vec<Vec<u8>> = users::table.select(users::id).limit(1).load(connection).map_err(Failure::from)?;
            Ok(Condition::Good)
        })
        .await
    }
}
