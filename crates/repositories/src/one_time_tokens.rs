//! One-time tokens: a secret that is spent by the first who presents it (invariant I1, requirement T7).

use async_trait::async_trait;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};

use crate::Result;

/// Where one-time tokens are kept, by the digests of their secrets.
///
/// Each purpose is a namespace of its own: to every method a token of another purpose is not there. Nothing ties a
/// token to the row of its account, since the two may be kept in different storages; whoever deletes an account deletes
/// its tokens with [`OneTimeTokenRepository::delete_for`].
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenRepository: Send + Sync {
    /// Keeps a token. What becomes of the earlier ones of its account and purpose happens in the same step: of any
    /// number of simultaneous calls with [`Earlier::Replace`], one token is left.
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<()>;

    /// Spends the token with this digest, if it is live at `now`, and returns what it was. Of any number of simultaneous
    /// calls one is given it; to all others, and for ever, there is no such token.
    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>>;

    /// The token with this digest, if it is live at `now`. It stays as it is, and may be gone the moment after: only
    /// [`OneTimeTokenRepository::consume`] decides.
    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>>;

    /// Forgets every token of an account that is for one of `purposes`, all of them in one step.
    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()>;

    /// Forgets at most `limit` tokens that have expired by `now`. Returns how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32>;
}

/// What becomes of the earlier tokens of the same account and purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// They stay good until they are spent or expire.
    Keep,
    /// They can no longer be spent: the newest wins (requirement A5).
    Replace,
}
