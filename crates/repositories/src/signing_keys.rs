//! Signing keys, their private halves sealed.

use async_trait::async_trait;
use tessera_domain::{Algorithm, SigningKey};

use crate::Result;

/// Where signing keys are kept.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SigningKeyRepository: Send + Sync {
    /// Every key of `algorithm`, oldest first.
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>>;

    /// Adds `key` if there is none of its algorithm yet. Of any number of simultaneous first starts, one inserts and
    /// the others are told whose key to use, so that all instances agree.
    async fn insert_first(&self, key: &SigningKey) -> Result<InsertKeyOutcome>;
}

/// What became of the insertion of a first key.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertKeyOutcome {
    /// The key is the first.
    Inserted,
    /// There was one before, and it stays: this one.
    Exists(SigningKey),
}
