//! Counters of attempts (requirement L1).

use async_trait::async_trait;
use tessera_domain::{Allowance, Quota, RateLimitKey, Timestamp};

use crate::Result;

/// Where attempts are counted, by key.
///
/// What can be guessed is counted before anybody knows how it ends: otherwise a crowd of simultaneous attempts would all be
/// judged by a counter that none of them has reached yet. One that turns out to be no guess, a login with the right password for
/// example, is taken back afterwards. It is taken back alone, and the counter is not cleared: else whoever can log in to an
/// account of their own would clear it between two guesses at somebody else's.
///
/// [`Quota::judge`] is the rule, and the theoretical arrival time all that has to be kept of a key, until it has passed. A
/// storage that decides by itself, in a script for example, keeps to the same rule, and makes the [`Allowance`] by judging
/// what it had kept before. A storage that is full denies keys it does not know, instead of forgetting others.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RateLimitRepository: Send + Sync {
    /// Counts an attempt at `now`, unless `quota` is used up, and says which of the two it was. Of any number of
    /// simultaneous attempts exactly as many are allowed as the quota has left.
    async fn take(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<Allowance>;

    /// Takes back one attempt that was allowed. Where there is none to take back nothing happens: nobody gains more than
    /// the quota.
    async fn forgive(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<()>;
}
