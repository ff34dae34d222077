//! Whether the store works.

use async_trait::async_trait;
use diesel::define_sql_function;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use tessera_repositories::{Condition, Result, StorageHealth};

use crate::PostgresStore;
use crate::error::Failure;

define_sql_function! {
    /// The present value of a setting.
    fn current_setting(name: Text) -> Text;
}

/// Asks whether the server takes writes, since a store that can only be read is of no use: a replica, or a primary that
/// became one, does not.
#[async_trait]
impl StorageHealth for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn check(&self) -> Result<Condition> {
        self.run("check the database", async |connection| {
            let read_only: String =
                diesel::select(current_setting("transaction_read_only")).get_result(connection).await?;
            if read_only == "off" { Ok(Condition::Good) } else { Err(Failure::ReadOnly) }
        })
        .await
    }
}
