//! Whether a storage can be reached.

use async_trait::async_trait;

use crate::Result;

/// A storage that can say whether it works.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StorageHealth: Send + Sync {
    /// Its name for an operator: `sqlite`, `postgres`, `redis`.
    fn name(&self) -> &'static str;

    /// Answers after one real round trip to the storage; an error if that failed.
    async fn check(&self) -> Result<Condition>;
}

/// How a storage is that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    Good,
    /// It works, and it is set up in a way that an operator should change: a sentence that says which.
    Questionable(String),
}
