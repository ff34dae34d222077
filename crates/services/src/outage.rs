//! What can keep any operation from being done, whatever it was asked.

use std::time::Duration;

use tessera_domain::ErrorKind;
use tessera_repositories::RepositoryError;

use crate::limits::TooManyAttempts;
use crate::ports::{HashError, SignError};

/// Something that an operation needs did not work, or it may not be tried just now. It says nothing about the credentials
/// that were presented (invariant I3). The cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    /// A storage failed.
    #[error(transparent)]
    Storage(#[from] RepositoryError),
    /// The password hasher is overloaded, or failed.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// A token could not be signed.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// A limit is reached: it was not even tried.
    #[error(transparent)]
    Limited(#[from] TooManyAttempts),
}

impl Outage {
    /// [`ErrorKind::RateLimited`] at a limit, [`ErrorKind::Unavailable`] if trying later may help for another reason,
    /// [`ErrorKind::Internal`] otherwise.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Storage(error) if error.is_transient() => ErrorKind::Unavailable,
            Self::Hasher(HashError::Busy { .. }) => ErrorKind::Unavailable,
            Self::Limited(_) => ErrorKind::RateLimited,
            Self::Storage(_) | Self::Hasher(HashError::Failed) | Self::Signer(_) => ErrorKind::Internal,
        }
    }

    /// When it is worth trying again.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Hasher(HashError::Busy { retry_after }) | Self::Limited(TooManyAttempts { retry_after }) => {
                *retry_after
            }
            Self::Storage(_) | Self::Hasher(HashError::Failed) | Self::Signer(_) => Duration::from_secs(1),
        }
    }
}
