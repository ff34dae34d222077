//! Sixteen tasks that start together.

use std::collections::BTreeSet;
use std::sync::Arc;

use tessera_domain::Activity;

use super::{delete, entry, insert, moment, walk};
use crate::ActivityRepository;
use crate::contract::race::{RACERS, race};

/// How many entries each writer adds.
const EACH: usize = 5;

/// The entries of one writer: not a stretch of the log, but spread over all of it.
fn batch(writer: usize) -> Vec<Activity> {
    (0..EACH).map(|step| entry(step * RACERS + writer, 1)).collect()
}

/// However many write at once, all of it is there, in order.
pub async fn sixteen_writers_lose_nothing(repo: &Arc<dyn ActivityRepository>) {
    race(|writer| {
        let repo = Arc::clone(repo);
        async move { insert(repo.as_ref(), &batch(writer)).await }
    })
    .await;
    let all: Vec<_> = (0..RACERS * EACH).rev().map(|number| entry(number, 1)).collect();
    assert_eq!(walk(repo.as_ref(), 1, 100).await, all);
}

/// In whichever order each of them names the entries.
pub async fn sixteen_writers_of_the_same_entries_add_them_once(repo: &Arc<dyn ActivityRepository>) {
    const MANY: usize = 200;
    for round in 0..3 {
        let entries: Vec<_> = (0..MANY).map(|number| entry(round * MANY + number, round)).collect();
        race(|writer| {
            let (repo, mut entries) = (Arc::clone(repo), entries.clone());
            entries.rotate_left(writer * MANY / RACERS);
            if writer % 2 == 0 {
                entries.reverse();
            }
            async move { insert(repo.as_ref(), &entries).await }
        })
        .await;
        assert_eq!(walk(repo.as_ref(), round, 100).await.len(), MANY, "round {round}");
    }
}

/// A reader finds each call whole, or not there.
pub async fn a_batch_is_seen_entirely_or_not_at_all(repo: &Arc<dyn ActivityRepository>) {
    race(|writer| {
        let repo = Arc::clone(repo);
        async move {
            insert(repo.as_ref(), &batch(writer)).await;
            let seen = walk(repo.as_ref(), 1, 100).await;
            assert_eq!(seen.len() % EACH, 0, "a part of a batch in {seen:?}");
            assert!(batch(writer).iter().all(|entry| seen.contains(entry)), "its own is there");
        }
    })
    .await;
}

/// Whatever was there when a listing began is in it once.
pub async fn a_listing_misses_nothing_while_others_add(repo: &Arc<dyn ActivityRepository>) {
    let early: Vec<_> = (0..20).map(|number| entry(number * 100, 1)).collect();
    insert(repo.as_ref(), &early).await;
    race(|number| {
        let (repo, early) = (Arc::clone(repo), early.clone());
        async move {
            if number % 4 != 0 {
                for step in 0..8 {
                    insert(repo.as_ref(), &[entry(step * 100 + number, 1)]).await;
                }
                return;
            }
            let seen: Vec<_> = walk(repo.as_ref(), 1, 3).await.iter().map(|entry| entry.id).collect();
            assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first, and nothing twice");
            let seen: BTreeSet<_> = seen.into_iter().collect();
            assert!(early.iter().all(|entry| seen.contains(&entry.id)), "nothing missed");
        }
    })
    .await;
}

/// Sixteen clean-ups share the work.
pub async fn simultaneous_deletions_count_each_entry_once(repo: &Arc<dyn ActivityRepository>) {
    for number in 0..20 {
        insert(repo.as_ref(), &[entry(number, number % 3)]).await;
    }
    let counts = race(|_| {
        let repo = Arc::clone(repo);
        async move { delete(repo.as_ref(), moment(20), 2).await }
    })
    .await;
    let rest = delete(repo.as_ref(), moment(20), 100).await;
    assert_eq!(counts.iter().sum::<u32>() + rest, 20);
}
