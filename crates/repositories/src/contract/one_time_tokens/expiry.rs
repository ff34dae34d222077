//! The exact edges of time.

use tessera_domain::OneTimePurpose::{OneTime, PasswordReset};
use tessera_domain::{OneTimeToken, Timestamp};

use super::{consume, delete_expired, find, insert, token};
use crate::Earlier::{Keep, Replace};
use crate::OneTimeTokenRepository;
use crate::contract::sample::{TICK, after};

fn until(number: usize, expires_at: Timestamp) -> OneTimeToken {
    OneTimeToken { expires_at, ..token(number, OneTime, number) }
}

/// Good until the last moment before its end, and not at its end.
pub async fn a_token_expires_on_time(repo: &dyn OneTimeTokenRepository) {
    let (spent, late) = (until(1, after(10)), until(2, after(10)));
    insert(repo, &spent, Keep).await;
    insert(repo, &late, Keep).await;
    let (last_moment, end) = (after(10).minus(TICK), after(10));
    assert!(find(repo, &spent, last_moment).await.is_some());
    assert!(consume(repo, &spent, last_moment).await.is_some());
    assert_eq!(find(repo, &late, end).await, None);
    assert_eq!(consume(repo, &late, end).await, None);
}

/// Who comes too late changes nothing for a process whose clock is behind.
pub async fn an_expired_token_is_not_spent_by_trying(repo: &dyn OneTimeTokenRepository) {
    let token = until(1, after(10));
    insert(repo, &token, Keep).await;
    assert_eq!(consume(repo, &token, after(11)).await, None);
    assert_eq!(consume(repo, &token, after(9)).await, Some(token));
}

/// Whether or not they were cleaned up.
pub async fn expired_tokens_can_be_replaced(repo: &dyn OneTimeTokenRepository) {
    let old = OneTimeToken { expires_at: after(10), ..token(1, PasswordReset, 1) };
    insert(repo, &old, Keep).await;
    let new = OneTimeToken { expires_at: after(100), ..token(2, PasswordReset, 1) };
    insert(repo, &new, Replace).await;
    assert_eq!(consume(repo, &new, after(50)).await, Some(new));
    assert_eq!(consume(repo, &old, after(5)).await, None);
}

/// Not a moment earlier.
pub async fn clean_up_begins_at_the_moment_of_expiry(repo: &dyn OneTimeTokenRepository) {
    insert(repo, &until(1, after(10)), Keep).await;
    assert_eq!(delete_expired(repo, after(10).minus(TICK), 10).await, 0);
    assert_eq!(delete_expired(repo, after(10), 10).await, 1);
    assert_eq!(delete_expired(repo, after(10), 10).await, 0);
}

/// Small batches: at most as many as asked for, and an exact count, over all purposes.
pub async fn clean_up_keeps_to_its_limit(repo: &dyn OneTimeTokenRepository) {
    for number in 0..5 {
        let purpose = if number % 2 == 0 { OneTime } else { PasswordReset };
        insert(repo, &token(number, purpose, number), Keep).await;
    }
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(delete_expired(repo, after(3_600), limit).await);
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
}

/// Also where more has expired than a batch takes.
pub async fn clean_up_spares_what_is_live(repo: &dyn OneTimeTokenRepository) {
    let live = until(1, after(90));
    insert(repo, &live, Keep).await;
    for number in 2..6 {
        insert(repo, &until(number, after(30)), Keep).await;
    }
    assert_eq!(delete_expired(repo, after(60), 3).await, 3);
    assert_eq!(delete_expired(repo, after(60), 3).await, 1);
    assert_eq!(consume(repo, &live, after(60)).await, Some(live));
}
