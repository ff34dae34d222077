//! One connection of one thread: opened when it is first needed, and thrown away after any trouble, so that a full
//! disk or a failed read heals by itself once the cause is gone (invariant I5).

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::error::Failure;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Brings the schema up to date, and waits for its turn while another process writes.
    Schema,
    Writer,
    Reader,
}

/// A connection that renews itself.
pub(crate) struct Connection {
    path: String,
    role: Role,
    open: Option<SqliteConnection>,
}

impl Connection {
    pub(crate) fn new(path: &str, role: Role) -> Self {
        Self { path: path.to_owned(), role, open: None }
    }

    /// Does `work`. A panic in it is a [`Failure::Panicked`]. The next call begins with a fresh connection if this one
    /// may be left in the middle of something: dropping a connection rolls back what it had not committed.
    pub(crate) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let connection = match &mut self.open {
            Some(connection) => connection,
            closed => closed.insert(connect(&self.path, self.role)?),
        };
        let result = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or(Err(Failure::Panicked));
        if let Err(failure) = &result
            && failure.spoils_connection()
        {
            self.open = None;
        }
        result
    }
}

/// Opens a connection and sets what SQLite does not keep in the file. Each setting is a statement of its own, since a
/// batch ends at the first one that answers with a row.
pub(crate) fn connect(path: &str, role: Role) -> Result<SqliteConnection, Failure> {
    let mut connection = SqliteConnection::establish(path)?;
    for setting in [
        "PRAGMA busy_timeout = 5000",
        // What was acknowledged survives the loss of power, not only of the process.
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        // The file is data: no function is called because a schema in it says so.
        "PRAGMA trusted_schema = OFF",
    ] {
        connection.batch_execute(setting)?;
    }
    match role {
        Role::Schema => {}
        // SQLite's own waiting backs off to 100 ms a try, at which a busy neighbour starves us. The writer asks again
        // each millisecond instead, see `Committer::commit`.
        Role::Writer => connection.batch_execute("PRAGMA busy_timeout = 1")?,
        Role::Reader => connection.batch_execute("PRAGMA query_only = ON")?,
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Integer;
    use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

    use super::*;

    #[derive(QueryableByName)]
    struct Patience {
        #[diesel(sql_type = Integer)]
        timeout: i32,
    }

    /// A command must not fail because a server is writing to the same file at that moment.
    #[test]
    fn the_schema_waits_for_writers() {
        let patience = |role| {
            let mut connection = connect(":memory:", role).expect("a database");
            let patience: Patience = sql_query("PRAGMA busy_timeout").get_result(&mut connection).expect("told");
            patience.timeout
        };
        assert_eq!((patience(Role::Schema), patience(Role::Writer)), (5_000, 1));
    }
}
