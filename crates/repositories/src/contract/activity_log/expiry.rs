//! The exact edges of time.

use tessera_domain::Activity;

use super::{delete, entry, insert, moment, walk};
use crate::ActivityRepository;
use crate::contract::sample::TICK;

/// What happened at the moment itself is not from before it.
pub async fn deletion_begins_after_the_moment_of_the_entry(repo: &dyn ActivityRepository) {
    insert(repo, &[entry(1, 1)]).await;
    assert_eq!(delete(repo, moment(1), 10).await, 0);
    assert_eq!(delete(repo, moment(1).plus(TICK), 10).await, 1);
    assert_eq!(delete(repo, moment(1).plus(TICK), 10).await, 0);
    assert!(walk(repo, 1, 10).await.is_empty());
}

/// Of all accounts, and by when it happened, whatever the ids say.
pub async fn deletion_takes_the_oldest_first(repo: &dyn ActivityRepository) {
    let late = Activity { at: moment(5), ..entry(0, 1) };
    insert(repo, &[late.clone(), entry(1, 2), entry(2, 1), entry(3, 2)]).await;
    assert_eq!(delete(repo, moment(9), 2).await, 2);
    assert_eq!((walk(repo, 1, 10).await, walk(repo, 2, 10).await), (vec![late], vec![entry(3, 2)]));
    assert_eq!(delete(repo, moment(5), 10).await, 1);
    assert_eq!(walk(repo, 1, 10).await.len(), 1);
}

/// Small batches: at most as many as asked for, and an exact count.
pub async fn deletion_keeps_to_its_limit(repo: &dyn ActivityRepository) {
    for number in 0..5 {
        insert(repo, &[entry(number, number)]).await;
    }
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(delete(repo, moment(9), limit).await);
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
}
