//! The promises of a [`SigningKeyRepository`].

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Algorithm, KeyId, KeySchedule, SealedKey, SigningKey, Timestamp};

use super::ANSWERS;
use super::race::{RACERS, count, race};
use super::sample::{NOW, TICK, after};
use crate::{AppendKeyOutcome, RetireKeyOutcome, SigningKeyRepository};

/// Runs the suite of [`SigningKeyRepository`](crate::SigningKeyRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! signing_key_contract {
    ($fresh:expr) => {
        mod signing_key_repository {
            use super::*;

            $crate::contract_tier! { signing_keys::behaviour, $fresh, |repo| &*repo,
                there_are_no_keys_at_first
                a_key_is_listed_as_it_was_given
                keys_are_listed_in_the_order_in_which_they_sign
                a_key_follows_the_newest_and_no_other
                a_key_that_was_withdrawn_is_not_the_newest
                algorithms_have_keys_of_their_own
                a_key_that_waits_is_brought_forward_and_never_put_off
                the_lifetime_of_tokens_only_grows
                a_key_is_retired_once
                the_key_that_signs_is_not_retired
                a_key_that_was_deleted_is_gone
            }
            $crate::contract_tier! { signing_keys::concurrency, $fresh, |repo| &repo,
                sixteen_first_starts_agree_on_one_key
                sixteen_rotations_make_one_next_key
                sixteen_retirements_leave_the_key_that_signs
            }
        }
    };
}

async fn list(repo: &dyn SigningKeyRepository, algorithm: Algorithm) -> Vec<SigningKey> {
    repo.list(algorithm).await.expect(ANSWERS)
}

async fn append(repo: &dyn SigningKeyRepository, key: &SigningKey, after: Option<&SigningKey>) -> AppendKeyOutcome {
    repo.append(key, after.map(|key| key.id.clone())).await.expect(ANSWERS)
}

async fn retire(repo: &dyn SigningKeyRepository, key: &SigningKey, at: Timestamp) -> RetireKeyOutcome {
    repo.retire(&key.id, at).await.expect(ANSWERS)
}

/// Bytes of every value, since keys are no text. Each begins to sign a second after the one with the number before.
fn key(number: usize, algorithm: Algorithm) -> SigningKey {
    SigningKey {
        id: KeyId::parse(&format!("{}_key-{number}", algorithm.name())).expect("a key id"),
        algorithm,
        public: (0..=u8::MAX).collect(),
        private: SealedKey::from_bytes((0..=u8::MAX).rev().collect()),
        created_at: NOW.minus(TICK),
        active_from: after(u64::try_from(number).expect("a small number")),
        token_lifetime: Duration::from_hours(7 * 24) + TICK,
        retired_at: None,
    }
}

fn es256(number: usize) -> SigningKey {
    key(number, Algorithm::Es256)
}

/// Keys from 0 on, each after the one before.
async fn with_keys<const NUMBER: usize>(repo: &dyn SigningKeyRepository) -> [SigningKey; NUMBER] {
    let keys = std::array::from_fn(es256);
    let mut newest = None;
    for key in &keys {
        assert_eq!(append(repo, key, newest).await, AppendKeyOutcome::Appended);
        newest = Some(key);
    }
    keys
}

/// Of no algorithm.
pub async fn there_are_no_keys_at_first(repo: &dyn SigningKeyRepository) {
    assert_eq!(list(repo, Algorithm::Es256).await, []);
    assert_eq!(list(repo, Algorithm::Hs256).await, []);
}

/// Every field comes back; a key without a public half too.
pub async fn a_key_is_listed_as_it_was_given(repo: &dyn SigningKeyRepository) {
    let first = SigningKey { public: Vec::new(), ..es256(0) };
    let second = SigningKey { retired_at: Some(after(7)), ..es256(1) };
    assert_eq!(append(repo, &first, None).await, AppendKeyOutcome::Appended);
    assert_eq!(append(repo, &second, Some(&first)).await, AppendKeyOutcome::Appended);
    assert_eq!(list(repo, Algorithm::Es256).await, [first, second]);
}

/// Not of their making, nor of their names.
pub async fn keys_are_listed_in_the_order_in_which_they_sign(repo: &dyn SigningKeyRepository) {
    let first = SigningKey { id: KeyId::parse("z").expect("a key id"), ..es256(0) };
    let second = SigningKey { id: KeyId::parse("a").expect("a key id"), created_at: NOW.minus(2 * TICK), ..es256(1) };
    assert_eq!(append(repo, &first, None).await, AppendKeyOutcome::Appended);
    assert_eq!(append(repo, &second, Some(&first)).await, AppendKeyOutcome::Appended);
    assert_eq!(list(repo, Algorithm::Es256).await, [first, second]);
}

/// Who saw less than is there stays out, and so does who saw what is not there.
pub async fn a_key_follows_the_newest_and_no_other(repo: &dyn SigningKeyRepository) {
    let stranger = es256(9);
    assert_eq!(append(repo, &es256(0), Some(&stranger)).await, AppendKeyOutcome::Overtaken);
    let keys: [_; 2] = with_keys(repo).await;
    for seen in [None, Some(&keys[0]), Some(&stranger)] {
        assert_eq!(append(repo, &es256(2), seen).await, AppendKeyOutcome::Overtaken);
    }
    assert_eq!(list(repo, Algorithm::Es256).await, keys);
}

/// The next one follows the key that would have been before it.
pub async fn a_key_that_was_withdrawn_is_not_the_newest(repo: &dyn SigningKeyRepository) {
    let keys: [_; 2] = with_keys(repo).await;
    assert_eq!(retire(repo, &keys[1], NOW).await, RetireKeyOutcome::Retired);
    assert_eq!(append(repo, &es256(2), Some(&keys[1])).await, AppendKeyOutcome::Overtaken);
    assert_eq!(append(repo, &es256(2), Some(&keys[0])).await, AppendKeyOutcome::Appended);
}

/// The first of one is none of another.
pub async fn algorithms_have_keys_of_their_own(repo: &dyn SigningKeyRepository) {
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        assert_eq!(append(repo, &key(1, algorithm), None).await, AppendKeyOutcome::Appended);
        assert_eq!(retire(repo, &key(1, algorithm), after(1)).await, RetireKeyOutcome::Signing);
    }
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        assert_eq!(list(repo, algorithm).await, [key(1, algorithm)]);
    }
}

/// Nor is one that is retired, or not there.
pub async fn a_key_that_waits_is_brought_forward_and_never_put_off(repo: &dyn SigningKeyRepository) {
    let keys: [_; 3] = with_keys(repo).await;
    let bring = async |key: &SigningKey, to| repo.bring_forward(&key.id, to).await.expect(ANSWERS);
    let sooner = after(1).minus(TICK);
    assert!(bring(&keys[1], sooner).await);
    assert!(!bring(&keys[1], sooner).await, "it begins then already");
    assert!(!bring(&keys[1], after(1)).await);
    assert_eq!(retire(repo, &keys[2], NOW).await, RetireKeyOutcome::Retired);
    assert!(!bring(&keys[2], sooner).await);
    assert!(!bring(&es256(9), NOW).await);
    let starts: Vec<_> = list(repo, Algorithm::Es256).await.into_iter().map(|key| key.active_from).collect();
    assert_eq!(starts, [after(0), sooner, after(2)]);
}

/// Of this key alone.
pub async fn the_lifetime_of_tokens_only_grows(repo: &dyn SigningKeyRepository) {
    let mut keys: [_; 2] = with_keys(repo).await;
    let longer = keys[0].token_lifetime + TICK;
    for lifetime in [Duration::ZERO, longer, keys[0].token_lifetime] {
        repo.extend(&keys[0].id, lifetime).await.expect(ANSWERS);
    }
    keys[0].token_lifetime = longer;
    assert_eq!(list(repo, Algorithm::Es256).await, keys);
}

/// Later it is not retired anew, and of a stranger nothing is known.
pub async fn a_key_is_retired_once(repo: &dyn SigningKeyRepository) {
    let mut keys: [_; 2] = with_keys(repo).await;
    assert_eq!(retire(repo, &keys[0], after(1)).await, RetireKeyOutcome::Retired);
    assert_eq!(retire(repo, &keys[0], after(2)).await, RetireKeyOutcome::Unknown);
    assert_eq!(retire(repo, &es256(9), after(2)).await, RetireKeyOutcome::Unknown);
    keys[0].retired_at = Some(after(1));
    assert_eq!(list(repo, Algorithm::Es256).await, keys);
}

/// Whichever that is at the time.
pub async fn the_key_that_signs_is_not_retired(repo: &dyn SigningKeyRepository) {
    let keys: [_; 2] = with_keys(repo).await;
    assert_eq!(retire(repo, &keys[0], after(1).minus(TICK)).await, RetireKeyOutcome::Signing);
    assert_eq!(retire(repo, &keys[1], after(1)).await, RetireKeyOutcome::Signing);
    assert_eq!(list(repo, Algorithm::Es256).await, keys);
}

/// The others stay.
pub async fn a_key_that_was_deleted_is_gone(repo: &dyn SigningKeyRepository) {
    let keys: [_; 2] = with_keys(repo).await;
    for _ in 0..2 {
        repo.delete(&keys[0].id).await.expect(ANSWERS);
    }
    assert_eq!(list(repo, Algorithm::Es256).await, keys[1..]);
}

/// Otherwise instances would refuse each other's tokens.
pub async fn sixteen_first_starts_agree_on_one_key(repo: &Arc<dyn SigningKeyRepository>) {
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        async move { append(repo.as_ref(), &es256(number), None).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == AppendKeyOutcome::Appended), 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|outcome| *outcome == AppendKeyOutcome::Appended).expect("one won");
    assert_eq!(list(repo.as_ref(), Algorithm::Es256).await, [es256(winner)]);
}

/// All saw the same key, and find it too old.
pub async fn sixteen_rotations_make_one_next_key(repo: &Arc<dyn SigningKeyRepository>) {
    let first = SigningKey { active_from: NOW.minus(TICK), ..es256(99) };
    assert_eq!(append(repo.as_ref(), &first, None).await, AppendKeyOutcome::Appended);
    let outcomes = race(|number| {
        let (repo, first) = (Arc::clone(repo), first.clone());
        async move { append(repo.as_ref(), &es256(number), Some(&first)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == AppendKeyOutcome::Appended), 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|outcome| *outcome == AppendKeyOutcome::Appended).expect("one won");
    assert_eq!(list(repo.as_ref(), Algorithm::Es256).await, [first, es256(winner)]);
}

/// Each retires another one.
pub async fn sixteen_retirements_leave_the_key_that_signs(repo: &Arc<dyn SigningKeyRepository>) {
    let keys: [_; RACERS] = with_keys(repo.as_ref()).await;
    let at = after(u64::try_from(RACERS).expect("a small number"));
    let outcomes = race(|number| {
        let repo = Arc::clone(repo);
        async move { retire(repo.as_ref(), &es256(number), at).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == RetireKeyOutcome::Retired), RACERS - 1, "{outcomes:?}");
    let schedule = KeySchedule::of(list(repo.as_ref(), Algorithm::Es256).await);
    assert_eq!(schedule.signing(at), keys.last());
}
