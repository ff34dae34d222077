//! What happens at the exact edges of time.

use super::{ACCESS, REFRESH, find, id, issued, pair, pair_at, replace, stored, sweep};
use crate::contract::sample::{NOW, TICK, after};
use crate::{GuardedOutcome, UserTokenRepository};

/// Not when the access token does, and not a moment earlier.
pub async fn deletion_begins_when_the_refresh_token_expires(repo: &dyn UserTokenRepository) {
    let pair = stored(repo, pair(1, 1)).await;
    let end = pair.refresh.expires_at;
    assert_eq!(sweep(repo, pair.access.expires_at, 10).await, 0);
    assert_eq!(sweep(repo, end.minus(TICK), 10).await, 0);
    assert_eq!(find(repo, &id(1)).await, Some(pair));
    assert_eq!(sweep(repo, end, 10).await, 1);
    assert_eq!(find(repo, &id(1)).await, None);
    assert_eq!(sweep(repo, end, 10).await, 0);
}

/// The expiry of the first pair is forgotten with it.
pub async fn a_new_pair_counts_from_its_own_expiry(repo: &dyn UserTokenRepository) {
    let first = stored(repo, pair(1, 1)).await;
    let second = stored(repo, pair_at(1, 2, after(60))).await;
    assert_eq!(sweep(repo, first.refresh.expires_at, 10).await, 0);
    assert_eq!(find(repo, &id(1)).await, Some(second.clone()));
    assert_eq!(sweep(repo, second.refresh.expires_at, 10).await, 1);
}

/// A pair ends with its refresh token, however often that is used.
pub async fn a_new_access_token_prolongs_nothing(repo: &dyn UserTokenRepository) {
    let pair = stored(repo, pair(1, 1)).await;
    let access = issued(8, NOW.plus(REFRESH).minus(TICK), ACCESS);
    assert_eq!(replace(repo, &id(1), &pair.refresh, access).await, GuardedOutcome::Done);
    assert_eq!(sweep(repo, pair.refresh.expires_at, 10).await, 1);
}

/// Small batches: at most as many as asked for, and an exact count.
pub async fn deletion_keeps_to_its_limit(repo: &dyn UserTokenRepository) {
    for user in 1..=5 {
        stored(repo, pair(user, user)).await;
    }
    let live = stored(repo, pair_at(6, 6, after(1))).await;
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(sweep(repo, NOW.plus(REFRESH), limit).await);
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
    assert_eq!(find(repo, &id(6)).await, Some(live));
}
