//! The promises of a [`RevocationRepository`].

use std::collections::HashSet;
use std::sync::Arc;

use tessera_domain::{Revocation, RevokedKey, Timestamp};

use super::ANSWERS;
use super::race::{RACERS, race};
use super::sample::{NOW, TICK, after, revocation, session_id, token_id};
use crate::{RevocationCursor, RevocationPage, RevocationRepository};

/// Runs the suite of [`RevocationRepository`](crate::RevocationRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! revocation_contract {
    ($fresh:expr) => {
        mod revocation_repository {
            use super::*;

            $crate::contract_tier! { revocations::behaviour, $fresh, |repo| &*repo,
                what_was_recorded_is_revoked
                any_of_several_keys_counts
                a_session_is_never_a_token
                nothing_to_record_is_no_error
                recording_again_keeps_the_later_end
                one_call_may_name_a_key_twice
                the_log_is_read_in_its_order
                pages_join_without_gap_or_overlap
                a_page_says_exactly_whether_the_log_goes_on
                a_follower_at_the_end_hears_of_what_comes_next
                a_prolonged_revocation_is_heard_of_again
                a_repeated_revocation_is_still_heard_of
            }
            $crate::contract_tier! { revocations::expiry, $fresh, |repo| &*repo,
                a_revocation_ends_on_time
                the_log_leaves_out_what_no_longer_matters
                deletion_begins_at_the_moment_of_expiry
                deletion_keeps_to_its_limit
                deletion_never_takes_what_still_matters
                cursors_stay_good_after_everything_was_deleted
            }
            $crate::contract_tier! { revocations::concurrency, $fresh, |repo| &repo,
                a_follower_sees_every_one_of_sixteen_writers
                a_batch_is_seen_entirely_or_not_at_all
                the_latest_of_sixteen_ends_stays
                simultaneous_deletions_count_each_one_once
            }
        }
    };
}

async fn insert(repo: &dyn RevocationRepository, revocations: &[Revocation]) {
    repo.insert(revocations).await.expect(ANSWERS);
}

async fn is_revoked(repo: &dyn RevocationRepository, key: RevokedKey, now: Timestamp) -> bool {
    repo.is_revoked(&[key], now).await.expect(ANSWERS)
}

async fn page(repo: &dyn RevocationRepository, cursor: RevocationCursor, limit: u32) -> RevocationPage {
    repo.list_after(cursor, NOW, limit).await.expect(ANSWERS)
}

async fn delete(repo: &dyn RevocationRepository, now: Timestamp, limit: u32) -> u32 {
    repo.delete_expired(now, limit).await.expect(ANSWERS)
}

fn revocations(numbers: std::ops::Range<usize>) -> Vec<Revocation> {
    numbers.map(revocation).collect()
}

fn until(number: usize, until: Timestamp) -> Revocation {
    Revocation { until, ..revocation(number) }
}

/// It is, and nothing else is.
pub async fn what_was_recorded_is_revoked(repo: &dyn RevocationRepository) {
    assert!(!is_revoked(repo, revocation(1).key, NOW).await);
    insert(repo, &[revocation(1)]).await;
    assert!(is_revoked(repo, revocation(1).key, NOW).await);
    assert!(!is_revoked(repo, revocation(2).key, NOW).await);
}

/// A token is asked about together with its session.
pub async fn any_of_several_keys_counts(repo: &dyn RevocationRepository) {
    insert(repo, &[revocation(2)]).await;
    let ask = async |numbers: &[usize]| {
        let keys: Vec<_> = numbers.iter().map(|&number| revocation(number).key).collect();
        repo.is_revoked(&keys, NOW).await.expect(ANSWERS)
    };
    assert!(ask(&[1, 2, 3]).await && ask(&[2, 1]).await && ask(&[1, 2]).await);
    assert!(!ask(&[1, 3]).await);
    assert!(!ask(&[]).await);
}

/// Two kinds of key with the same bytes are two keys.
pub async fn a_session_is_never_a_token(repo: &dyn RevocationRepository) {
    let (session, token) = (RevokedKey::Session(session_id(1)), RevokedKey::Token(token_id(1)));
    assert_eq!(session_id(1).as_bytes(), token_id(1).as_bytes(), "the case this is about");
    insert(repo, &[Revocation { key: session, until: after(60) }]).await;
    assert!(is_revoked(repo, session, NOW).await);
    assert!(!is_revoked(repo, token, NOW).await);
    insert(repo, &[Revocation { key: token, until: after(60) }]).await;
    assert_eq!(page(repo, RevocationCursor::START, 10).await.revocations.len(), 2);
}

/// And records nothing.
pub async fn nothing_to_record_is_no_error(repo: &dyn RevocationRepository) {
    insert(repo, &[]).await;
    let empty = page(repo, RevocationCursor::START, 10).await;
    assert!(empty.revocations.is_empty() && !empty.has_more);
}

/// In whichever order they come.
pub async fn recording_again_keeps_the_later_end(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(20))]).await;
    insert(repo, &[until(1, after(10))]).await;
    assert!(is_revoked(repo, revocation(1).key, after(15)).await);
    insert(repo, &[until(1, after(30))]).await;
    assert!(is_revoked(repo, revocation(1).key, after(25)).await);
    assert!(!is_revoked(repo, revocation(1).key, after(30)).await);
}

/// The later end of the two stays.
pub async fn one_call_may_name_a_key_twice(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(20)), until(1, after(10)), until(2, after(10)), until(2, after(20))]).await;
    for number in [1, 2] {
        assert!(is_revoked(repo, revocation(number).key, after(15)).await);
    }
}

/// What was recorded first comes first, and comes as it was recorded.
pub async fn the_log_is_read_in_its_order(repo: &dyn RevocationRepository) {
    let session = Revocation { key: RevokedKey::Session(session_id(4)), until: after(60) };
    insert(repo, &[until(9, after(50)), session]).await;
    insert(repo, &[until(2, after(70))]).await;
    let expected = vec![until(9, after(50)), session, until(2, after(70))];
    assert_eq!(page(repo, RevocationCursor::START, 10).await.revocations, expected);
}

/// Whatever the size of the pages.
pub async fn pages_join_without_gap_or_overlap(repo: &dyn RevocationRepository) {
    let all = revocations(0..7);
    insert(repo, &all).await;
    for limit in 1..=8 {
        let (mut seen, mut cursor) = (Vec::new(), RevocationCursor::START);
        loop {
            let page = page(repo, cursor, limit).await;
            assert!(page.revocations.len() <= usize::try_from(limit).expect("a small number"));
            seen.extend(page.revocations);
            cursor = page.next;
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

/// Neither early nor late, also where a page ends with the log.
pub async fn a_page_says_exactly_whether_the_log_goes_on(repo: &dyn RevocationRepository) {
    insert(repo, &revocations(0..4)).await;
    assert!(page(repo, RevocationCursor::START, 3).await.has_more);
    let whole = page(repo, RevocationCursor::START, 4).await;
    assert!(!whole.has_more);
    let beyond = page(repo, whole.next, 4).await;
    assert!(beyond.revocations.is_empty() && !beyond.has_more);
}

/// A cursor at the end of the log is one to go on from, also that of an empty page.
pub async fn a_follower_at_the_end_hears_of_what_comes_next(repo: &dyn RevocationRepository) {
    let mut cursor = page(repo, RevocationCursor::START, 10).await.next;
    for number in 0..3 {
        insert(repo, &[revocation(number)]).await;
        let page = page(repo, cursor, 10).await;
        assert_eq!(page.revocations, [revocation(number)]);
        cursor = page.next;
    }
}

/// A follower that forgot it at its first end would let a revoked token in.
pub async fn a_prolonged_revocation_is_heard_of_again(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(20)), until(2, after(20))]).await;
    let cursor = page(repo, RevocationCursor::START, 10).await.next;
    insert(repo, &[until(1, after(40))]).await;
    assert_eq!(page(repo, cursor, 10).await.revocations, [until(1, after(40))]);
    let everything = page(repo, RevocationCursor::START, 10).await.revocations;
    assert!(everything.contains(&until(1, after(40))) && everything.contains(&until(2, after(20))));
}

/// Recording it once more, for a shorter time even, does not hide it from who has yet to read it.
pub async fn a_repeated_revocation_is_still_heard_of(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(20))]).await;
    insert(repo, &[until(1, after(20))]).await;
    insert(repo, &[until(1, after(10))]).await;
    let log = page(repo, RevocationCursor::START, 10).await.revocations;
    assert!(log.contains(&until(1, after(20))));
}

/// In force until the last moment before its end, and not at its end.
pub async fn a_revocation_ends_on_time(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(60))]).await;
    assert!(is_revoked(repo, revocation(1).key, after(60).minus(TICK)).await);
    assert!(!is_revoked(repo, revocation(1).key, after(60)).await);
}

/// It is not told, and does not hold up what comes after it.
pub async fn the_log_leaves_out_what_no_longer_matters(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(10)), until(2, after(30)), until(3, after(10)), until(4, after(30))]).await;
    let ask = async |now, limit| repo.list_after(RevocationCursor::START, now, limit).await.expect(ANSWERS);
    assert_eq!(ask(after(10).minus(TICK), 10).await.revocations.len(), 4);
    let live = ask(after(10), 10).await;
    assert_eq!((live.revocations, live.has_more), (vec![until(2, after(30)), until(4, after(30))], false));
    let first = ask(after(10), 1).await;
    assert_eq!((first.revocations, first.has_more), (vec![until(2, after(30))], true));
}

/// Not a moment before its end.
pub async fn deletion_begins_at_the_moment_of_expiry(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(60))]).await;
    assert_eq!(delete(repo, after(60).minus(TICK), 10).await, 0);
    assert_eq!(delete(repo, after(60), 10).await, 1);
    assert_eq!(delete(repo, after(60), 10).await, 0);
}

/// Small batches: at most as many as asked for, and an exact count.
pub async fn deletion_keeps_to_its_limit(repo: &dyn RevocationRepository) {
    insert(repo, &revocations(0..5)).await;
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(delete(repo, after(3_600), limit).await);
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
}

/// Also if it was recorded first, or prolonged.
pub async fn deletion_never_takes_what_still_matters(repo: &dyn RevocationRepository) {
    insert(repo, &[until(1, after(90)), until(2, after(30)), until(3, after(30))]).await;
    insert(repo, &[until(3, after(90))]).await;
    assert_eq!(delete(repo, after(60), 10).await, 1);
    for number in [1, 3] {
        assert!(is_revoked(repo, revocation(number).key, after(60)).await);
    }
}

/// The log does not begin anew when it is empty: a follower would pass over everything.
pub async fn cursors_stay_good_after_everything_was_deleted(repo: &dyn RevocationRepository) {
    insert(repo, &revocations(0..3)).await;
    let cursor = page(repo, RevocationCursor::START, 10).await.next;
    assert_eq!(delete(repo, after(3_600), 10).await, 3);
    insert(repo, &[revocation(7)]).await;
    assert_eq!(page(repo, cursor, 10).await.revocations, [revocation(7)]);
}

/// None becomes visible behind the place where a follower has already been.
pub async fn a_follower_sees_every_one_of_sixteen_writers(repo: &Arc<dyn RevocationRepository>) {
    const EACH: usize = 10;
    let expected: HashSet<_> = (0..RACERS * EACH).map(|number| revocation(number).key).collect();
    let follower = {
        let (repo, expected) = (Arc::clone(repo), expected.clone());
        tokio::spawn(async move {
            let (mut missing, mut cursor) = (expected, RevocationCursor::START);
            while !missing.is_empty() {
                // Once the log no longer grows, a follower at its end has seen all of it.
                let complete = log_length(repo.as_ref()).await == RACERS * EACH;
                let page = page(repo.as_ref(), cursor, 3).await;
                page.revocations.iter().for_each(|revocation| _ = missing.remove(&revocation.key));
                let at_end = complete && page.revocations.is_empty();
                assert!(!at_end || missing.is_empty(), "passed over {missing:?}");
                cursor = page.next;
            }
        })
    };
    race(|writer| {
        let repo = Arc::clone(repo);
        async move {
            for step in 0..EACH {
                insert(repo.as_ref(), &[revocation(writer * EACH + step)]).await;
            }
        }
    })
    .await;
    follower.await.expect("the follower saw them all");
}

async fn log_length(repo: &dyn RevocationRepository) -> usize {
    page(repo, RevocationCursor::START, 1_000).await.revocations.len()
}

/// Sixteen batches: a reader finds each of them whole, or not there.
pub async fn a_batch_is_seen_entirely_or_not_at_all(repo: &Arc<dyn RevocationRepository>) {
    const BATCH: usize = 5;
    race(|writer| {
        let repo = Arc::clone(repo);
        async move {
            insert(repo.as_ref(), &revocations(writer * BATCH..(writer + 1) * BATCH)).await;
            let log = page(repo.as_ref(), RevocationCursor::START, 1_000).await.revocations;
            assert_eq!(log.len() % BATCH, 0, "half a batch in {log:?}");
            assert!(log.contains(&revocation(writer * BATCH)), "its own is there");
        }
    })
    .await;
    assert_eq!(log_length(repo.as_ref()).await, RACERS * BATCH);
}

/// Whichever of them is recorded last.
pub async fn the_latest_of_sixteen_ends_stays(repo: &Arc<dyn RevocationRepository>) {
    race(|number| {
        let repo = Arc::clone(repo);
        let seconds = u64::try_from(number).expect("a small number");
        async move { insert(repo.as_ref(), &[until(1, after(100 + seconds))]).await }
    })
    .await;
    let latest = after(100 + 15);
    assert!(is_revoked(repo.as_ref(), revocation(1).key, latest.minus(TICK)).await);
    assert!(!is_revoked(repo.as_ref(), revocation(1).key, latest).await);
    assert!(page(repo.as_ref(), RevocationCursor::START, 100).await.revocations.contains(&until(1, latest)));
}

/// Sixteen clean-ups share the work.
pub async fn simultaneous_deletions_count_each_one_once(repo: &Arc<dyn RevocationRepository>) {
    insert(repo.as_ref(), &revocations(0..20)).await;
    let counts = race(|_| {
        let repo = Arc::clone(repo);
        async move { delete(repo.as_ref(), after(3_600), 2).await }
    })
    .await;
    let rest = delete(repo.as_ref(), after(3_600), 100).await;
    assert_eq!(counts.iter().sum::<u32>() + rest, 20);
}
