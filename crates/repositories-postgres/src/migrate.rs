//! The schema: brought up to date when a store connects.

use std::error::Error;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use tokio::runtime::Handle;

use crate::ConnectError;
use crate::connection::Target;
use crate::sessions_kept;
use crate::turn::Turn;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Runs what is missing, on a connection of its own that is closed afterwards. Migrations are written for a blocking
/// connection, hence a thread that may block.
pub(crate) async fn run(runtime: &Handle, target: Target) -> Result<(), ConnectError> {
    let opened = runtime.spawn(async move {
        if !sessions_kept::are_kept(&target).await.map_err(ConnectError::Unreachable)? {
            return Err(ConnectError::Pooled);
        }
        target.open().await.map_err(ConnectError::Unreachable)
    });
    let connection = opened.await.map_err(|error| ConnectError::Start(error.into()))??;
    let migrated = runtime.spawn_blocking(move || bring_up_to_date(connection.into())).await;
    match migrated.map_err(|error| ConnectError::Start(error.into()))? {
        Ok(0) => Ok(()),
        Ok(migrations) => {
            tracing::info!(migrations, "the database schema was brought up to date");
            Ok(())
        }
        Err(error) => Err(ConnectError::Migrate(error)),
    }
}

/// All or nothing, in one transaction. The turn is awaited before the list of what is missing is read, so that of
/// several instances one migrates and the others find nothing to do.
fn bring_up_to_date(
    mut connection: AsyncConnectionWrapper<AsyncPgConnection>,
) -> Result<usize, Box<dyn Error + Send + Sync>> {
    connection.transaction(|connection| {
        connection.batch_execute(Turn::Migrate.sql())?;
        let versions = connection.run_pending_migrations(MIGRATIONS)?;
        Ok(versions.len())
    })
}
