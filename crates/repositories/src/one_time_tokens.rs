//! One-time tokens: a secret that is spent by the first who presents it (invariant I1, requirement T7).

use async_trait::async_trait;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};

use crate::Result;

/// Where one-time tokens are kept, by the digests of their secrets.
///
/// Each purpose is a namespace of its own: to every method a token of another purpose is not there. A storage
/// that keeps tokens beside their accounts takes none for an account that is gone or disabled, and ends those that there are
/// in the step that deletes or disables it. One that knows no accounts cannot: whoever deletes or disables an account then
/// deletes its tokens with [`OneTimeTokenRepository::delete_for`], and whoever spends one looks at its account.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenRepository: Send + Sync {
    /// Keeps a token. What becomes of the earlier ones of its account and purpose happens in the same step: of any
    /// number of simultaneous calls with [`Earlier::Replace`], one token is left.
    ///
    /// Where accounts are known, whether the account is there and active is decided in that step too: a change of it that is
    /// under way comes before, and is respected, or after, and ends the token (invariant I2).
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome>;

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

/// What became of a token that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepOutcome {
    /// It can be spent.
    Kept,
    /// Its account is gone or disabled: nothing has changed.
    NoAccount,
}

/// What becomes of the earlier tokens of the same account and purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// They stay good until they are spent or expire.
    Keep,
    /// They can no longer be spent: the newest wins (requirement A5).
    Replace,
}
