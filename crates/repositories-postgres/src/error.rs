//! What can go wrong below the ports, and which of it is worth a retry.
//!
//! The rule for callers (invariant I3): a storage that is away, busy, full or read-only is *transient* and becomes a
//! 503; a row that cannot be read or a statement that does not fit the schema is *permanent*. Nothing here is ever
//! shown to a client.

use std::error::Error;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tessera_repositories::RepositoryError;

/// Why a job gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection to the database: {0}")]
    Connect(Box<dyn Error + Send + Sync>),
    #[error("a statement failed: {}", said(.0))]
    Database(#[from] DieselError),
    #[error("the database takes no writes")]
    ReadOnly,
    #[error("a stored row is not what it should be: {0}")]
    Corrupt(&'static str),
    #[error("others changed the same rows each time")]
    Contended,
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
            Self::Connect(_) | Self::ReadOnly | Self::Contended | Self::QueueFull | Self::Late | Self::Closed => true,
            Self::Database(error) => is_away(error),
            Self::Corrupt(_) | Self::Panicked => false,
        }
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

/// Whether the trouble is with the server and its surroundings, not with what it was asked.
fn is_away(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, information) => is_passing(*kind, information.as_ref()),
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_away(commit_error),
        DieselError::BrokenTransactionManager => true,
        _ => false,
    }
}

/// diesel passes on the message and not its SQLSTATE. What is left tells enough: the kind names a violated constraint,
/// and a statement that does not fit the schema is wrong *at a position*. All the rest is about the server: it shuts
/// down, is out of connections, memory or disk, breaks a deadlock, could not have a lock, has not granted a right yet.
///
/// One case has a position and passes all the same: a statement that was interrupted while it waited for a table that
/// it names. It is known by its text alone, so that a server which speaks another language has it taken for permanent.
fn is_passing(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> bool {
    match kind {
        DatabaseErrorKind::SerializationFailure
        | DatabaseErrorKind::ReadOnlyTransaction
        | DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::UnableToSendCommand => true,
        DatabaseErrorKind::Unknown => {
            information.statement_position().is_none()
                || INTERRUPTED.iter().any(|text| information.message().starts_with(text))
        }
        _ => false,
    }
}

/// How the server's messages about deadlines and shutdowns begin.
const INTERRUPTED: [&str; 2] = ["canceling statement due to", "terminating connection due to"];

#[cfg(test)]
mod tests {
    use super::*;

    /// An error message of the server.
    struct Message {
        text: &'static str,
        position: Option<i32>,
    }

    impl DatabaseErrorInformation for Message {
        fn message(&self) -> &str {
            self.text
        }
        fn details(&self) -> Option<&str> {
            None
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            self.position
        }
    }

    fn failure(kind: DatabaseErrorKind, text: &'static str, position: Option<i32>) -> Failure {
        DieselError::DatabaseError(kind, Box::new(Message { text, position })).into()
    }

    #[test]
    fn trouble_around_the_database_is_worth_a_retry() {
        for kind in [
            DatabaseErrorKind::SerializationFailure,
            DatabaseErrorKind::ReadOnlyTransaction,
            DatabaseErrorKind::UnableToSendCommand,
            DatabaseErrorKind::Unknown,
        ] {
            assert!(failure(kind, "el servidor se está apagando", None).is_transient());
        }
        let interrupted = "canceling statement due to lock timeout";
        assert!(failure(DatabaseErrorKind::Unknown, interrupted, Some(15)).is_transient());
        assert!(Failure::Connect("refused".into()).is_transient() && Failure::ReadOnly.is_transient());
        assert!(Failure::QueueFull.is_transient() && Failure::Late.is_transient() && Failure::Closed.is_transient());
    }

    #[test]
    fn trouble_within_the_database_is_not() {
        assert!(!failure(DatabaseErrorKind::UniqueViolation, "taken", None).is_transient());
        assert!(!failure(DatabaseErrorKind::CheckViolation, "too long", None).is_transient());
        assert!(!failure(DatabaseErrorKind::Unknown, "no such table", Some(15)).is_transient());
        assert!(!Failure::Corrupt("an id").is_transient() && !Failure::Panicked.is_transient());
    }

    #[test]
    fn what_the_database_said_is_told_and_what_is_in_a_row_is_not() {
        let full = failure(DatabaseErrorKind::Unknown, "no space left on device", None);
        assert_eq!(full.to_string(), "a statement failed: no space left on device");
        let unreadable = Failure::from(DieselError::DeserializationError("hunter2 is no address".into()));
        assert!(!unreadable.to_string().contains("hunter2"));
    }
}
