//! Sixteen tasks that start together and must not both win.

use std::sync::Arc;

use tessera_domain::ExternalPair;

use super::{ACCESS, REFRESH, delete, find, id, issued, name, pair, put, replace, stored, sweep};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::{NOW, after};
use crate::{GuardedOutcome, PutOutcome, UserTokenRepository};

/// The others learn it, and the pair is the winner's (requirement S2).
pub async fn one_id_is_bound_to_one_of_sixteen_names(repo: &Arc<dyn UserTokenRepository>) {
    let claim = |number: usize| ExternalPair { username: name(&format!("racer{number}")), ..pair(1, number) };
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        async move { put(&*repo, &claim(number)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == PutOutcome::SubjectBound), RACERS - 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|outcome| *outcome == PutOutcome::Stored).expect("one won");
    assert_eq!(find(&**repo, &id(1)).await, Some(claim(winner)));
}

/// The same the other way round.
pub async fn one_name_is_bound_to_one_of_sixteen_ids(repo: &Arc<dyn UserTokenRepository>) {
    let claim = |number: usize| ExternalPair { username: name("bob"), ..pair(number, number) };
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        async move { put(&*repo, &claim(number)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == PutOutcome::UsernameBound), RACERS - 1, "{outcomes:?}");
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let expected = (outcome == PutOutcome::Stored).then(|| claim(number));
        assert_eq!(find(&**repo, &id(number)).await, expected);
    }
}

/// Never the access token of one and the refresh token of another.
pub async fn of_sixteen_pairs_one_stays_whole(repo: &Arc<dyn UserTokenRepository>) {
    race(|number| {
        let repo = Arc::clone(repo);
        async move { stored(&*repo, pair(1, number)).await }
    })
    .await;
    let kept = find(&**repo, &id(1)).await.expect("one stays");
    assert!((0..RACERS).any(|number| kept == pair(1, number)), "a mixture: {kept:?}");
}

/// Everybody with the refresh token gets a new access token, and the last one counts.
pub async fn of_sixteen_access_tokens_one_stays(repo: &Arc<dyn UserTokenRepository>) {
    let first = stored(&**repo, pair(1, 1)).await;
    let fresh = |number: usize| issued(100 + number, after(1), ACCESS);
    let outcomes = race(|number| {
        let (repo, refresh) = (Arc::clone(repo), first.refresh);
        async move { replace(&*repo, &id(1), &refresh, fresh(number)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == GuardedOutcome::Done), RACERS);
    let kept = find(&**repo, &id(1)).await.expect("the pair is there");
    assert!((0..RACERS).any(|number| kept == ExternalPair { access: fresh(number), ..first.clone() }), "{kept:?}");
}

/// A refresh that was under way when a new pair came does not mix with it (invariant I2).
pub async fn no_replacement_reaches_a_newer_pair(repo: &Arc<dyn UserTokenRepository>) {
    let (old, new) = (stored(&**repo, pair(1, 1)).await, pair(1, 2));
    race(|number| {
        let (repo, old, new) = (Arc::clone(repo), old.clone(), new.clone());
        async move {
            if number == RACERS / 2 {
                stored(&*repo, new).await;
            } else {
                let access = issued(100 + number, after(1), ACCESS);
                assert_ne!(replace(&*repo, &id(1), &old.refresh, access).await, GuardedOutcome::Absent);
            }
        }
    })
    .await;
    assert_eq!(find(&**repo, &id(1)).await, Some(new));
}

/// Nor does a logout: whoever ends the old pair ends it alone, and a pair that is put meanwhile is there afterwards.
pub async fn no_deletion_reaches_a_newer_pair(repo: &Arc<dyn UserTokenRepository>) {
    let (old, new) = (stored(&**repo, pair(1, 1)).await, pair(1, 2));
    race(|number| {
        let (repo, old, new) = (Arc::clone(repo), old.clone(), new.clone());
        async move {
            if number == RACERS / 2 {
                stored(&*repo, new).await;
            } else {
                let _done_or_too_late = delete(&*repo, &id(1), &old.access).await;
            }
        }
    })
    .await;
    assert_eq!(find(&**repo, &id(1)).await, Some(new));
}

/// It ended the pair, or the refresh was faster and the pair goes on with the new access token.
pub async fn a_deletion_that_raced_with_a_refresh_is_told_the_truth(repo: &Arc<dyn UserTokenRepository>) {
    let own = stored(&**repo, pair(1, 1)).await;
    let outcomes = race(|number| {
        let (repo, own) = (Arc::clone(repo), own.clone());
        async move {
            match number % 2 {
                0 => delete(&*repo, &id(1), &own.access).await,
                _ => replace(&*repo, &id(1), &own.refresh, issued(100 + number, after(1), ACCESS)).await,
            }
        }
    })
    .await;
    let deletions: Vec<_> = outcomes.iter().step_by(2).collect();
    let deleted = deletions.iter().filter(|outcome| ***outcome == GuardedOutcome::Done).count();
    assert_eq!(deleted, usize::from(find(&**repo, &id(1)).await.is_none()), "{outcomes:?}");
}

/// The others find nobody.
pub async fn one_of_sixteen_deletions_deletes(repo: &Arc<dyn UserTokenRepository>) {
    let own = stored(&**repo, pair(1, 1)).await;
    let outcomes = race(|_| {
        let (repo, access) = (Arc::clone(repo), own.access);
        async move { delete(&*repo, &id(1), &access).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == GuardedOutcome::Done), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, |outcome| *outcome == GuardedOutcome::Absent), RACERS - 1);
}

/// Sixteen clean-ups share the work, and none is told of a pair that another one deleted.
pub async fn simultaneous_deletions_count_each_pair_once(repo: &Arc<dyn UserTokenRepository>) {
    for user in 0..20 {
        stored(&**repo, pair(user, user)).await;
    }
    let end = NOW.plus(REFRESH);
    let counts = race(|_| {
        let repo = Arc::clone(repo);
        async move { sweep(&*repo, end, 2).await }
    })
    .await;
    assert!(counts.iter().all(|&deleted| deleted <= 2));
    assert_eq!(counts.iter().sum::<u32>() + sweep(&**repo, end, 100).await, 20);
}
