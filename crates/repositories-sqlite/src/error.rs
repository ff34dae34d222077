//! What can go wrong below the ports, and which of it is worth a retry.
//!
//! The rule for callers (invariant I3): a storage that is away, busy or full is *transient* and becomes a 503; a row
//! that cannot be read or a broken schema is *permanent*. Nothing here is ever shown to a client.

use std::error::Error;
use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tessera_repositories::RepositoryError;

/// Why a job or a query gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the database file cannot be opened: {0}")]
    Connect(#[from] diesel::ConnectionError),
    #[error("a statement failed: {}", said(.0))]
    Database(#[from] DieselError),
    #[error("another process is writing")]
    Locked,
    #[error(transparent)]
    Shared(Arc<Failure>),
    #[error("a stored row is not what it should be: {0}")]
    Corrupt(&'static str),
    #[error("the work panicked")]
    Panicked,
    #[error("too much work is waiting")]
    QueueFull,
    #[error("no answer in time")]
    Late,
    #[error("the store is closed")]
    Closed,
}

impl Failure {
    /// Whether the same work may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Locked | Self::QueueFull | Self::Late | Self::Closed => true,
            Self::Database(error) => is_away(error),
            Self::Shared(failure) => failure.is_transient(),
            Self::Corrupt(_) | Self::Panicked => false,
        }
    }

    /// Whether no transaction was begun, so that the same answer awaits every other job.
    pub(crate) fn is_before_any_work(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Locked)
    }

    /// Whether a connection that met this may be left in the middle of something.
    pub(crate) fn spoils_connection(&self) -> bool {
        matches!(self, Self::Panicked) || self.is_transient() && !self.is_busy()
    }

    /// Whether another process is writing: nothing is wrong, it is just not our turn.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Database(DieselError::DatabaseError(_, information))
            if information.message() == "database is locked")
    }

    /// The same failure as the ports tell it.
    pub(crate) fn into_repository_error(self, context: &'static str) -> RepositoryError {
        let transient = self.is_transient();
        let cause: Box<dyn Error + Send + Sync> = Box::new(self);
        if transient { RepositoryError::transient(context, cause) } else { RepositoryError::permanent(context, cause) }
    }
}

/// What the database said, for the log. Other errors may quote what is in a row.
fn said(error: &DieselError) -> &str {
    match error {
        DieselError::DatabaseError(_, information) => information.message(),
        DieselError::RollbackErrorOnCommit { commit_error, .. } => said(commit_error),
        _ => "nothing that can be used was answered",
    }
}

/// The texts of SQLite's result codes (`sqlite3_errstr`) that describe the surroundings, not the statement: the disk,
/// the file, memory, other processes. diesel passes the text on and not the code.
const AWAY: [&str; 13] = [
    "attempt to write a readonly database",
    "cannot rollback - no transaction is active",
    "database disk image is malformed",
    "database is locked",
    "database or disk is full",
    "database schema has changed",
    "database schema is locked",
    "database table is locked",
    "disk I/O error",
    "file is not a database",
    "locking protocol",
    "out of memory",
    "unable to open database file",
];

fn is_away(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) | DieselError::BrokenTransactionManager => {
            true
        }
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message();
            AWAY.iter().any(|text| message.starts_with(text))
        }
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_away(commit_error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(message: &str) -> Failure {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned())).into()
    }

    #[test]
    fn trouble_around_the_database_is_worth_a_retry() {
        for message in
            ["database is locked", "database or disk is full", "disk I/O error", "database disk image is malformed"]
        {
            assert!(unknown(message).is_transient(), "{message}");
        }
        assert!(Failure::QueueFull.is_transient() && Failure::Late.is_transient() && Failure::Closed.is_transient());
    }

    #[test]
    fn trouble_within_the_database_is_not() {
        assert!(!unknown("no such table: users").is_transient());
        let taken = DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new("taken".to_owned()));
        assert!(!Failure::from(taken).is_transient());
        assert!(!Failure::Corrupt("an id").is_transient() && !Failure::Panicked.is_transient());
    }

    #[test]
    fn what_the_database_said_is_told_and_what_is_in_a_row_is_not() {
        let full = unknown("database or disk is full");
        assert_eq!(full.to_string(), "a statement failed: database or disk is full");
        let unreadable = Failure::from(DieselError::DeserializationError("hunter2 is no address".into()));
        assert!(!unreadable.to_string().contains("hunter2"));
    }
}
