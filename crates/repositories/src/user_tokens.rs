//! The token pairs of users whom other services own.

use async_trait::async_trait;
use tessera_domain::{Digest, ExternalId, ExternalPair, IssuedToken, Timestamp};

use crate::Result;

/// Where the pairs are kept: at most one a user.
///
/// An id is looked for by its [`key`](ExternalId::key), so that `1` and `"1"` are one user. It comes back as text: the
/// JSON type in which it came is in the tokens, not here.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserTokenRepository: Send + Sync {
    /// Keeps `pair`, in the place of the user's earlier one if there is one. If the id is known under another username,
    /// or the username under another id, nothing is changed (requirement S2); of any number of simultaneous calls that
    /// claim one id or one username, one binding wins.
    async fn put(&self, pair: &ExternalPair) -> Result<PutOutcome>;

    /// The current pair of `subject`, an expired one too, until it is cleaned up.
    async fn find(&self, subject: &ExternalId) -> Result<Option<ExternalPair>>;

    /// Puts `access` in the place of the user's access token, if `refresh` still is the digest of the user's refresh
    /// token. What else is kept of the pair stays as it is.
    async fn replace_access(
        &self,
        subject: &ExternalId,
        refresh: &Digest,
        access: &IssuedToken,
    ) -> Result<GuardedOutcome>;

    /// Forgets the user's pair, and with it that id and name belong together, if `access` still is the digest of the
    /// user's access token: whoever has an older one ends nothing.
    async fn delete(&self, subject: &ExternalId, access: &Digest) -> Result<GuardedOutcome>;

    /// Forgets at most `limit` pairs whose refresh token has expired by `now`. Returns how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32>;
}

/// What became of a pair that was to be kept.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is the user's pair now, and an earlier one is none any more.
    Stored,
    /// Nothing was changed: the id is known under another username.
    SubjectBound,
    /// Nothing was changed: the username is known under another id.
    UsernameBound,
}

/// What became of a change that depends on what is kept.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardedOutcome {
    /// It was made.
    Done,
    /// Nothing was changed: the token that was named is not, or no longer, the user's own.
    Superseded,
    /// Nothing was changed: the user has no pair.
    Absent,
}
