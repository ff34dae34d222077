//! Signing keys, their private halves sealed.

use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Algorithm, KeyId, SigningKey, Timestamp};

use crate::Result;

/// Where signing keys are kept. The keys of one algorithm are a row in which each takes over from the one before it, see
/// [`KeySchedule`](tessera_domain::KeySchedule).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SigningKeyRepository: Send + Sync {
    /// Every key of `algorithm`, in the order in which they sign; those that were retired, too.
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>>;

    /// Adds `key` to the keys of its algorithm, if the newest that is not retired is still `after`; the first key is
    /// after none. Of any number of callers that saw the same newest key, one adds its own and the others are told to
    /// look again: whether they are first starts or rotations, all instances agree on one key.
    async fn append(&self, key: &SigningKey, after: Option<KeyId>) -> Result<AppendKeyOutcome>;

    /// Has the key begin to sign at `active_from`, if it is not retired and would begin later. Returns whether that was so.
    async fn bring_forward(&self, id: &KeyId, active_from: Timestamp) -> Result<bool>;

    /// Notes that tokens signed with the key may live as long as `token_lifetime`; never that they live shorter.
    async fn extend(&self, id: &KeyId, token_lifetime: Duration) -> Result<()>;

    /// Retires the key at `at`, unless it is the one that signs then. However many callers retire however many keys, one
    /// that signs is left.
    async fn retire(&self, id: &KeyId, at: Timestamp) -> Result<RetireKeyOutcome>;

    /// Forgets the key.
    async fn delete(&self, id: &KeyId) -> Result<()>;
}

/// What became of a new key.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendKeyOutcome {
    /// It is the newest now.
    Appended,
    /// Another key is newer than the one it was to follow, and it stays out.
    Overtaken,
}

/// What became of the retirement of a key.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetireKeyOutcome {
    /// It is retired.
    Retired,
    /// It is the one that signs, and stays.
    Signing,
    /// There is no such key, or it was retired before.
    Unknown,
}
