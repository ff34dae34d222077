//! The one way in which a storage fails.

use std::error::Error;

/// A storage did not do what it was asked, for a reason that no caller can act on except by trying later. The cause
/// is for the log; it is never shown to a client.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {cause}")]
pub struct RepositoryError {
    context: &'static str,
    transient: bool,
    cause: Box<dyn Error + Send + Sync>,
}

/// The result of a port method.
pub type Result<T, E = RepositoryError> = core::result::Result<T, E>;

impl RepositoryError {
    /// The storage is away, busy, full or too slow: the same call may succeed later. What it was asked may or may not
    /// have happened.
    pub fn transient(context: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { context, transient: true, cause: cause.into() }
    }

    /// The storage answered something that should not be possible: a corrupt row, a broken schema. Trying again will
    /// not help.
    pub fn permanent(context: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { context, transient: false, cause: cause.into() }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.transient
    }
}
