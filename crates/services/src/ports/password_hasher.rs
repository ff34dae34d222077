//! Slow, deliberate work on passwords.

use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{PasswordHash, PlainPassword};

/// Hashes passwords and verifies them, off the async workers and never more at once than the machine can do.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A hash of `password` with a fresh salt and the current parameters.
    async fn hash(&self, password: PlainPassword) -> Result<PasswordHash, HashError>;

    /// Verifies `password`. Without a hash, which is how an unknown account is asked for, the same work is done and the
    /// answer is [`Verdict::Wrong`] (requirement A1). A corrupt hash is [`Verdict::Wrong`] too.
    async fn verify(&self, password: PlainPassword, hash: Option<PasswordHash>) -> Result<Verdict, HashError>;

    /// Whether a login against `hash`, which another system made, could ever succeed. It costs no hashing. A hash that
    /// begins with `!`, Django's mark of an account without a password, is as good as its owner wants it to be.
    fn check(&self, hash: &PasswordHash) -> Result<(), UnusableHash>;
}

/// Why no password is ever right for a stored hash. It never carries the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UnusableHash {
    /// It is nothing that a password hasher wrote; perhaps it is a password.
    #[error("is no password hash (a password in clear is never taken in its place)")]
    Unrecognised,
    /// It is of a scheme that is not verified here.
    #[error("is of a scheme that is not supported")]
    Unsupported,
    /// It is of a known scheme, and something is missing or wrong in it.
    #[error("is damaged")]
    Damaged,
    /// Verifying it would take more time or memory than a login may cost.
    #[error("would take too much time or memory to verify")]
    TooDear,
}

/// What a verification found.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the right one.
    Right {
        /// Whether its hash is weaker than what would be made today.
        outdated: bool,
    },
    /// It is not, or there is nothing to compare it with.
    Wrong,
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// So many wait already that the answer would come too late, or the memory that it takes is not there now.
    #[error("the password hasher is overloaded")]
    Busy {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The hasher itself failed.
    #[error("the password hasher failed")]
    Failed,
}
