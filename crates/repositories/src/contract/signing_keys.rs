//! The promises of a [`SigningKeyRepository`].

use std::sync::Arc;

use tessera_domain::{Algorithm, KeyId, KeyState, SealedKey, SigningKey};

use super::ANSWERS;
use super::race::{RACERS, count, race};
use super::sample::{NOW, TICK, after};
use crate::{InsertKeyOutcome, SigningKeyRepository};

/// Runs the suite of [`SigningKeyRepository`](crate::SigningKeyRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! signing_key_contract {
    ($fresh:expr) => {
        mod signing_key_repository {
            use super::*;

            $crate::contract_tier! { signing_keys::behaviour, $fresh, |repo| &*repo,
                there_are_no_keys_at_first
                the_first_key_is_listed_as_it_was_given
                a_second_first_key_is_told_of_the_first
                algorithms_have_keys_of_their_own
            }
            $crate::contract_tier! { signing_keys::concurrency, $fresh, |repo| &repo,
                sixteen_first_starts_agree_on_one_key
            }
        }
    };
}

async fn list(repo: &dyn SigningKeyRepository, algorithm: Algorithm) -> Vec<SigningKey> {
    repo.list(algorithm).await.expect(ANSWERS)
}

async fn insert_first(repo: &dyn SigningKeyRepository, key: &SigningKey) -> InsertKeyOutcome {
    repo.insert_first(key).await.expect(ANSWERS)
}

/// Bytes of every value, since keys are no text.
fn key(number: usize, algorithm: Algorithm) -> SigningKey {
    SigningKey {
        id: KeyId::parse(&format!("{}_key-{number}", algorithm.name())).expect("a key id"),
        algorithm,
        public: (0..=u8::MAX).collect(),
        private: SealedKey::from_bytes((0..=u8::MAX).rev().collect()),
        created_at: NOW,
        state: KeyState::Active { since: after(1) },
    }
}

/// Of no algorithm.
pub async fn there_are_no_keys_at_first(repo: &dyn SigningKeyRepository) {
    assert_eq!(list(repo, Algorithm::Es256).await, []);
    assert_eq!(list(repo, Algorithm::Hs256).await, []);
}

/// Every field comes back; a key without a public half too.
pub async fn the_first_key_is_listed_as_it_was_given(repo: &dyn SigningKeyRepository) {
    let key = SigningKey { public: Vec::new(), ..key(1, Algorithm::Es256) };
    assert_eq!(insert_first(repo, &key).await, InsertKeyOutcome::Inserted);
    assert_eq!(list(repo, Algorithm::Es256).await, [key]);
}

/// It stays out, also if it is older; the caller uses the one that is there.
pub async fn a_second_first_key_is_told_of_the_first(repo: &dyn SigningKeyRepository) {
    let first = key(1, Algorithm::Es256);
    assert_eq!(insert_first(repo, &first).await, InsertKeyOutcome::Inserted);
    let older = SigningKey { created_at: NOW.minus(TICK), ..key(2, Algorithm::Es256) };
    for second in [&older, &first] {
        assert_eq!(insert_first(repo, second).await, InsertKeyOutcome::Exists(first.clone()));
    }
    assert_eq!(list(repo, Algorithm::Es256).await, [first]);
}

/// The first of one is none of another.
pub async fn algorithms_have_keys_of_their_own(repo: &dyn SigningKeyRepository) {
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        assert_eq!(insert_first(repo, &key(1, algorithm)).await, InsertKeyOutcome::Inserted);
    }
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        assert_eq!(list(repo, algorithm).await, [key(1, algorithm)]);
    }
}

/// Otherwise instances would refuse each other's tokens.
pub async fn sixteen_first_starts_agree_on_one_key(repo: &Arc<dyn SigningKeyRepository>) {
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        async move { insert_first(repo.as_ref(), &key(number, Algorithm::Es256)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == InsertKeyOutcome::Inserted), 1, "{outcomes:?}");
    let stored = list(repo.as_ref(), Algorithm::Es256).await;
    let winner = outcomes.iter().position(|outcome| *outcome == InsertKeyOutcome::Inserted).expect("one won");
    assert_eq!(stored, [key(winner, Algorithm::Es256)]);
    let told = InsertKeyOutcome::Exists(key(winner, Algorithm::Es256));
    assert_eq!(count(&outcomes, |outcome| *outcome == told), RACERS - 1, "{outcomes:?}");
}
