//! The schema: switched to WAL and brought up to date when a store opens.

use std::error::Error;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::OpenError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// Write-ahead logging, so that readers and the writer do not wait for each other. SQLite answers with the mode it is
/// in, which is another one where the file system has no shared memory (network file systems).
pub(crate) fn use_wal(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mode: JournalMode = sql_query("PRAGMA journal_mode = WAL").get_result(connection)?;
    if mode.journal_mode == "wal" { Ok(()) } else { Err(OpenError::NoWal(mode.journal_mode)) }
}

/// Runs what is missing, all or nothing. The write lock is taken before the list of what is missing is read, so that
/// of several instances one migrates and the others find nothing to do.
pub(crate) fn run(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let done = connection.immediate_transaction::<_, Box<dyn Error + Send + Sync>, _>(|connection| {
        let versions = connection.run_pending_migrations(MIGRATIONS)?;
        Ok(versions.len())
    });
    match done {
        Ok(0) => Ok(()),
        Ok(migrations) => {
            tracing::info!(migrations, "the database schema was brought up to date");
            Ok(())
        }
        Err(error) => Err(OpenError::Migrate(error)),
    }
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;

    use super::*;

    #[test]
    fn every_migration_can_be_undone_and_done_again() {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        run(&mut connection).expect("up");
        connection.revert_all_migrations(MIGRATIONS).expect("down");
        run(&mut connection).expect("up again");
    }
}
