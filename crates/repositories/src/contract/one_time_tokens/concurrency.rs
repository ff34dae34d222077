//! Sixteen tasks that start together and must not both win.

use std::sync::Arc;

use tessera_domain::OneTimePurpose::{OneTime, PasswordReset};

use super::{SOON, consume, delete_expired, delete_for, insert, is_there, token};
use crate::Earlier::{Keep, Replace};
use crate::OneTimeTokenRepository;
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::after;

/// A race that is lost once in many times is lost: each is run this often.
const ROUNDS: usize = 25;

/// One is given the token, fifteen are told that there is none (invariant I1).
pub async fn one_of_sixteen_consumes_a_token(repo: &Arc<dyn OneTimeTokenRepository>) {
    for round in 0..ROUNDS {
        let token = token(round, OneTime, 1);
        insert(repo.as_ref(), &token, Keep).await;
        let given = race(|_| {
            let (repo, token) = (Arc::clone(repo), token.clone());
            async move { consume(repo.as_ref(), &token, SOON).await }
        })
        .await;
        assert_eq!(count(&given, |given| given.as_ref() == Some(&token)), 1, "round {round}");
        assert_eq!(count(&given, Option::is_none), RACERS - 1, "round {round}");
        assert!(!is_there(repo.as_ref(), &token).await);
    }
}

/// A crowd takes nothing away from anybody.
pub async fn sixteen_tokens_are_consumed_by_their_own_tasks(repo: &Arc<dyn OneTimeTokenRepository>) {
    let given = race(|number| {
        let repo = Arc::clone(repo);
        async move {
            let token = token(number, OneTime, 1);
            insert(repo.as_ref(), &token, Keep).await;
            consume(repo.as_ref(), &token, SOON).await == Some(token)
        }
    })
    .await;
    assert_eq!(count(&given, |own| *own), RACERS);
}

/// Whichever it is: never none, never two.
pub async fn of_sixteen_replacements_one_token_is_left(repo: &Arc<dyn OneTimeTokenRepository>) {
    for round in 0..ROUNDS {
        let number = |racer: usize| round * RACERS + racer;
        race(|racer| {
            let (repo, token) = (Arc::clone(repo), token(number(racer), PasswordReset, 1));
            async move { insert(repo.as_ref(), &token, Replace).await }
        })
        .await;
        let mut left = 0;
        for racer in 0..RACERS {
            left += usize::from(is_there(repo.as_ref(), &token(number(racer), PasswordReset, 1)).await);
        }
        assert_eq!(left, 1, "round {round}");
    }
}

/// Fifteen try to spend the old link while the new one is made: at most one succeeds, and the new one is good.
pub async fn a_token_that_races_with_its_replacement_is_spent_once_or_never(repo: &Arc<dyn OneTimeTokenRepository>) {
    for round in 0..ROUNDS {
        let (old, new) = (token(2 * round, PasswordReset, 1), token(2 * round + 1, PasswordReset, 1));
        insert(repo.as_ref(), &old, Replace).await;
        let spent = race(|racer| {
            let (repo, old, new) = (Arc::clone(repo), old.clone(), new.clone());
            async move {
                if racer == 0 {
                    insert(repo.as_ref(), &new, Replace).await;
                    return false;
                }
                consume(repo.as_ref(), &old, SOON).await.is_some()
            }
        })
        .await;
        assert!(count(&spent, |spent| *spent) <= 1, "round {round}");
        assert!(!is_there(repo.as_ref(), &old).await && is_there(repo.as_ref(), &new).await, "round {round}");
    }
}

/// A deletion that has returned is final, whoever tried to spend meanwhile (invariant I2).
pub async fn what_races_with_a_deletion_is_gone_afterwards(repo: &Arc<dyn OneTimeTokenRepository>) {
    for round in 0..ROUNDS {
        let token = token(round, PasswordReset, 1);
        insert(repo.as_ref(), &token, Keep).await;
        let spent = race(|racer| {
            let (repo, token) = (Arc::clone(repo), token.clone());
            async move {
                if racer % 4 == 0 {
                    delete_for(repo.as_ref(), 1, &[PasswordReset]).await;
                    assert!(consume(repo.as_ref(), &token, SOON).await.is_none(), "spent after its deletion");
                    return false;
                }
                consume(repo.as_ref(), &token, SOON).await.is_some()
            }
        })
        .await;
        assert!(count(&spent, |spent| *spent) <= 1, "round {round}");
    }
}

/// Sixteen clean-ups share the work.
pub async fn simultaneous_clean_ups_count_each_token_once(repo: &Arc<dyn OneTimeTokenRepository>) {
    for number in 0..20 {
        insert(repo.as_ref(), &token(number, OneTime, number), Keep).await;
    }
    let counts = race(|_| {
        let repo = Arc::clone(repo);
        async move { delete_expired(repo.as_ref(), after(3_600), 2).await }
    })
    .await;
    let rest = delete_expired(repo.as_ref(), after(3_600), 100).await;
    assert_eq!(counts.iter().sum::<u32>() + rest, 20);
}
