//! Sixteen tasks that start together and must not both win.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ANSWERS, credentials, find, inserted, taken, walk};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::{after, email, hash, named_user, new_user, user_id};
use crate::{InsertOutcome, UserRepository};

/// Of sixteen registrations of one address one succeeds, and the others learn it.
pub async fn one_address_makes_one_account(repo: &Arc<dyn UserRepository>) {
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        let mut new = named_user(number, &format!("racer{number}"));
        new.user.email = email("one@example.com");
        async move { repo.insert(&new).await.expect(ANSWERS) }
    })
    .await;
    one_winner(repo, &outcomes, taken(true, false)).await;
}

/// The same for one username in sixteen spellings.
pub async fn one_username_makes_one_account(repo: &Arc<dyn UserRepository>) {
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        let new = named_user(number, if number % 2 == 0 { "Ana" } else { "aNA" });
        async move { repo.insert(&new).await.expect(ANSWERS) }
    })
    .await;
    one_winner(repo, &outcomes, taken(false, true)).await;
}

async fn one_winner(repo: &Arc<dyn UserRepository>, outcomes: &[InsertOutcome], others: InsertOutcome) {
    assert_eq!(count(outcomes, |outcome| *outcome == InsertOutcome::Inserted), 1, "{outcomes:?}");
    assert_eq!(count(outcomes, |outcome| *outcome == others), RACERS - 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|outcome| *outcome == InsertOutcome::Inserted).map(user_id);
    assert_eq!(walk(repo.as_ref(), None, 100).await, Vec::from_iter(winner));
}

/// Of sixteen upgrades from one hash one happens, and the stored hash is the winner's.
pub async fn one_upgrade_of_a_hash_wins(repo: &Arc<dyn UserRepository>) {
    let new = new_user(1);
    inserted(repo.as_ref(), &new).await;
    let won = race(|number| {
        let (repo, id, expected) = (Arc::clone(repo), new.user.id, new.password_hash.clone());
        async move { repo.upgrade_hash(id, &expected, &hash(&format!("better {number}"))).await.expect(ANSWERS) }
    })
    .await;
    assert_eq!(count(&won, |won| *won), 1);
    let winner = won.iter().position(|won| *won).expect("one won");
    assert_eq!(credentials(repo.as_ref(), &new).await.password_hash, hash(&format!("better {winner}")));
}

/// Each writes its own columns, so neither brings back what the other replaced.
pub async fn logins_and_upgrades_do_not_undo_each_other(repo: &Arc<dyn UserRepository>) {
    let new = new_user(1);
    inserted(repo.as_ref(), &new).await;
    race(|number| {
        let (repo, id, expected) = (Arc::clone(repo), new.user.id, new.password_hash.clone());
        async move {
            if number == 7 {
                assert!(repo.upgrade_hash(id, &expected, &hash("better")).await.expect(ANSWERS));
            } else {
                repo.record_login(id, after(5), None).await.expect(ANSWERS);
            }
        }
    })
    .await;
    assert_eq!(credentials(repo.as_ref(), &new).await.password_hash, hash("better"));
    assert_eq!(find(repo.as_ref(), new.user.id).await.and_then(|user| user.last_login), Some(after(5)));
}

/// Whoever was there when a listing began is in it once, however many register meanwhile.
pub async fn a_listing_misses_nobody_while_others_register(repo: &Arc<dyn UserRepository>) {
    let early: Vec<_> = (0..20).map(|number| number * 10 + 5).collect();
    for &number in &early {
        inserted(repo.as_ref(), &new_user(number)).await;
    }
    race(|number| {
        let (repo, early) = (Arc::clone(repo), early.clone());
        async move {
            if number % 4 != 0 {
                for step in 0..8 {
                    inserted(repo.as_ref(), &new_user((number + step * RACERS) * 10)).await;
                }
                return;
            }
            let seen = walk(repo.as_ref(), None, 3).await;
            assert!(seen.is_sorted(), "in the order of ids");
            let seen_once: BTreeSet<_> = seen.iter().copied().collect();
            assert_eq!(seen_once.len(), seen.len(), "nobody twice");
            assert!(early.iter().all(|&number| seen_once.contains(&user_id(number))), "nobody missed");
        }
    })
    .await;
}
