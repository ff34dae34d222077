//! Trying something as often as the limits allow.

use super::{Attempt, RateLimiter};
use crate::{ClientInfo, Outage};

/// Does `work` as an attempt, which stays counted only if it ends as a wrong guess. What ends before anything was compared,
/// in an outage for example, was none.
pub async fn guarded<T, E: From<Outage>>(
    limiter: &dyn RateLimiter,
    attempt: &Attempt,
    client: &ClientInfo,
    work: impl Future<Output = Result<T, E>>,
    is_wrong_guess: impl FnOnce(&E) -> bool,
) -> Result<T, E> {
    let admission = limiter.admit(attempt, client).await?;
    let result = work.await;
    if result.as_ref().is_err_and(is_wrong_guess) {
        limiter.condemn(admission, client).await?;
    } else {
        limiter.forgive(admission, client).await;
    }
    result
}
