//! The promises of a [`UserCache`].
//!
//! A cache may forget at any time; this suite takes it that one which is nearly empty does not.

use std::sync::Arc;

use tessera_domain::{Timestamp, User, UserId, Username};

use super::ANSWERS;
use super::race::{RACERS, race};
use super::sample::{NOW, TICK, after, named_user, user_id};
use crate::UserCache;

/// Runs the suite of [`UserCache`](crate::UserCache): see [`contract`](crate::contract).
#[macro_export]
macro_rules! user_cache_contract {
    ($fresh:expr) => {
        mod user_cache {
            use super::*;

            $crate::contract_tier! { user_cache::behaviour, $fresh, |cache| &*cache,
                an_account_is_found_as_it_was_put
                nobody_is_found_in_an_empty_cache
                a_newer_version_takes_the_place_of_an_older
                an_older_version_does_not_take_the_place_of_a_newer
                the_same_version_is_kept_longer
                an_evicted_account_is_forgotten
                an_eviction_spares_the_version_it_announces
                an_evicted_version_does_not_come_back
                the_announced_version_is_taken
                an_eviction_is_remembered_of_whom_was_not_here
                an_older_eviction_does_not_undo_a_newer
                an_eviction_is_nobody_elses
            }
            $crate::contract_tier! { user_cache::expiry, $fresh, |cache| &*cache,
                an_account_is_kept_until_its_time_is_over
            }
            $crate::contract_tier! { user_cache::concurrency, $fresh, |cache| &cache,
                the_newest_of_sixteen_versions_stays
                no_late_reader_brings_an_old_version_back
            }
        }
    };
}

const UNTIL: Timestamp = Timestamp::from_unix_seconds(1_800_000_060);

/// A version of account 1.
fn version(seconds: u64) -> User {
    User { updated_at: after(seconds), ..named_user(1, "Ana").user }
}

async fn put(cache: &dyn UserCache, user: &User) {
    cache.put(user, UNTIL).await.expect(ANSWERS);
}

async fn evict(cache: &dyn UserCache, id: UserId, seconds: u64) {
    cache.evict(id, after(seconds), UNTIL).await.expect(ANSWERS);
}

async fn find(cache: &dyn UserCache) -> Option<User> {
    cache.find(user_id(1), NOW).await.expect(ANSWERS)
}

/// Every field comes back, the username as it was written.
pub async fn an_account_is_found_as_it_was_put(cache: &dyn UserCache) {
    let user = User { last_login: Some(after(1)), last_login_ip: "::1".parse().ok(), ..version(3) };
    put(cache, &user).await;
    let found = find(cache).await.expect("the account is there");
    assert_eq!(found.username.as_ref().map(Username::as_str), Some("Ana"));
    assert_eq!(found, user);
}

/// An absent account is `None`, not an error.
pub async fn nobody_is_found_in_an_empty_cache(cache: &dyn UserCache) {
    assert_eq!(find(cache).await, None);
    put(cache, &version(0)).await;
    assert_eq!(cache.find(user_id(2), NOW).await.expect(ANSWERS), None);
}

/// By `updated_at`.
pub async fn a_newer_version_takes_the_place_of_an_older(cache: &dyn UserCache) {
    put(cache, &version(1)).await;
    put(cache, &version(2)).await;
    assert_eq!(find(cache).await, Some(version(2)));
}

/// A slow reader of the database does not undo a fast one.
pub async fn an_older_version_does_not_take_the_place_of_a_newer(cache: &dyn UserCache) {
    put(cache, &version(2)).await;
    put(cache, &version(1)).await;
    assert_eq!(find(cache).await, Some(version(2)));
}

/// Putting it again counts.
pub async fn the_same_version_is_kept_longer(cache: &dyn UserCache) {
    cache.put(&version(1), after(10)).await.expect(ANSWERS);
    cache.put(&version(1), after(20)).await.expect(ANSWERS);
    assert_eq!(cache.find(user_id(1), after(15)).await.expect(ANSWERS), Some(version(1)));
}

/// At once.
pub async fn an_evicted_account_is_forgotten(cache: &dyn UserCache) {
    put(cache, &version(1)).await;
    evict(cache, user_id(1), 2).await;
    assert_eq!(find(cache).await, None);
}

/// Who already has the new version need not read it again.
pub async fn an_eviction_spares_the_version_it_announces(cache: &dyn UserCache) {
    put(cache, &version(2)).await;
    evict(cache, user_id(1), 2).await;
    evict(cache, user_id(1), 1).await;
    assert_eq!(find(cache).await, Some(version(2)));
}

/// A reader that read the row before the change, and puts it after, is refused (invariant I2).
pub async fn an_evicted_version_does_not_come_back(cache: &dyn UserCache) {
    put(cache, &version(1)).await;
    evict(cache, user_id(1), 2).await;
    put(cache, &version(1)).await;
    cache.put(&User { updated_at: after(2).minus(TICK), ..version(1) }, UNTIL).await.expect(ANSWERS);
    assert_eq!(find(cache).await, None);
}

/// From the version of the change on, accounts are taken again; the old one still is not.
pub async fn the_announced_version_is_taken(cache: &dyn UserCache) {
    evict(cache, user_id(1), 2).await;
    put(cache, &version(2)).await;
    assert_eq!(find(cache).await, Some(version(2)));
    put(cache, &version(1)).await;
    assert_eq!(find(cache).await, Some(version(2)));
}

/// The reader that is under way need not have been the first.
pub async fn an_eviction_is_remembered_of_whom_was_not_here(cache: &dyn UserCache) {
    evict(cache, user_id(1), 2).await;
    put(cache, &version(1)).await;
    assert_eq!(find(cache).await, None);
}

/// Announcements may arrive in any order.
pub async fn an_older_eviction_does_not_undo_a_newer(cache: &dyn UserCache) {
    evict(cache, user_id(1), 3).await;
    evict(cache, user_id(1), 1).await;
    put(cache, &version(2)).await;
    assert_eq!(find(cache).await, None);
    put(cache, &version(3)).await;
    assert_eq!(find(cache).await, Some(version(3)));
}

/// Other accounts stay and are taken.
pub async fn an_eviction_is_nobody_elses(cache: &dyn UserCache) {
    let (early, late) = (named_user(2, "eva").user, named_user(3, "eve").user);
    put(cache, &early).await;
    evict(cache, user_id(1), 60).await;
    put(cache, &late).await;
    for user in [early, late] {
        assert_eq!(cache.find(user.id, NOW).await.expect(ANSWERS), Some(user));
    }
}

/// To the last moment before, and not at it.
pub async fn an_account_is_kept_until_its_time_is_over(cache: &dyn UserCache) {
    put(cache, &version(1)).await;
    assert_eq!(cache.find(user_id(1), UNTIL.minus(TICK)).await.expect(ANSWERS), Some(version(1)));
    assert_eq!(cache.find(user_id(1), UNTIL).await.expect(ANSWERS), None);
}

fn seconds(number: usize) -> u64 {
    u64::try_from(number).expect("a small number")
}

/// Whichever of them is put last.
pub async fn the_newest_of_sixteen_versions_stays(cache: &Arc<dyn UserCache>) {
    race(|number| {
        let cache = Arc::clone(cache);
        async move { put(cache.as_ref(), &version(seconds(number))).await }
    })
    .await;
    assert_eq!(find(cache.as_ref()).await, Some(version(seconds(RACERS - 1))));
}

/// Fifteen readers put an old version, over and over, while the change is announced: afterwards nobody finds it.
pub async fn no_late_reader_brings_an_old_version_back(cache: &Arc<dyn UserCache>) {
    race(|number| {
        let cache = Arc::clone(cache);
        async move {
            if number == 0 {
                evict(cache.as_ref(), user_id(1), 9).await;
                assert_eq!(find(cache.as_ref()).await, None);
            }
            for _ in 0..50 {
                put(cache.as_ref(), &version(1)).await;
            }
        }
    })
    .await;
    assert_eq!(find(cache.as_ref()).await, None);
}
