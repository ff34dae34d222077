//! The schema: switched to WAL and brought up to date when a store opens.

use std::error::Error;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::OpenError;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

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
    use diesel::sql_types::{BigInt, Nullable};

    use super::*;

    #[derive(QueryableByName, Debug, PartialEq, Eq)]
    struct Key {
        #[diesel(sql_type = Text)]
        id: String,
        #[diesel(sql_type = BigInt)]
        active_from: i64,
        #[diesel(sql_type = BigInt)]
        token_lifetime: i64,
        #[diesel(sql_type = Nullable<BigInt>)]
        retired_at: Option<i64>,
    }

    #[test]
    fn the_key_of_an_existing_installation_stays_the_one_that_signs() {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        // The schema of before: with the moment at which a key was said to be active.
        while sql_query("SELECT state FROM signing_keys").execute(&mut connection).is_err() {
            connection.run_next_migration(MIGRATIONS).expect("up");
        }
        let key = "INSERT INTO signing_keys VALUES ('key-1', 'ES256', x'04', x'01', 1000, 'active', 2000)";
        sql_query(key).execute(&mut connection).expect("stored");
        run(&mut connection).expect("up");
        let keys: Vec<Key> = sql_query("SELECT * FROM signing_keys").load(&mut connection).expect("read");
        let month = 30 * 24 * 60 * 60 * 1_000_000;
        let expected = Key { id: "key-1".to_owned(), active_from: 2000, token_lifetime: month, retired_at: None };
        assert_eq!(keys, [expected]);
    }

    #[test]
    fn every_migration_can_be_undone_and_done_again() {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        run(&mut connection).expect("up");
        connection.revert_all_migrations(MIGRATIONS).expect("down");
        run(&mut connection).expect("up again");
    }
}
