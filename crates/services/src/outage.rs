//! The failures that are nobody's fault but ours, the same for every operation.

use std::time::Duration;

use tessera_domain::ErrorKind;
use tessera_repositories::RepositoryError;

use crate::ports::{HashError, SignError};

/// Something that an operation needs did not work. It says nothing about the credentials that were presented
/// (invariant I3). The cause is for the log.
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
}

impl Outage {
    /// [`ErrorKind::Unavailable`] if trying later may help, [`ErrorKind::Internal`] otherwise.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Storage(error) if error.is_transient() => ErrorKind::Unavailable,
            Self::Hasher(HashError::Busy { .. }) => ErrorKind::Unavailable,
            Self::Storage(_) | Self::Hasher(HashError::Failed) | Self::Signer(_) => ErrorKind::Internal,
        }
    }

    /// When it is worth trying again.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Hasher(HashError::Busy { retry_after }) => *retry_after,
            Self::Storage(_) | Self::Hasher(HashError::Failed) | Self::Signer(_) => Duration::from_secs(1),
        }
    }
}
