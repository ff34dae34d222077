//! The promises of a [`UserTokenRepository`].

mod behaviour;
mod concurrency;
mod expiry;

use std::time::Duration;

pub use behaviour::*;
pub use concurrency::*;
pub use expiry::*;
use tessera_domain::{Digest, ExternalId, ExternalPair, ExternalUsername, IssuedToken, Timestamp};

use super::ANSWERS;
use super::sample::{NOW, token_id};
use crate::{GuardedOutcome, PutOutcome, UserTokenRepository};

/// Runs the suite of [`UserTokenRepository`](crate::UserTokenRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! user_token_contract {
    ($fresh:expr) => {
        mod user_tokens_repository {
            use super::*;

            $crate::contract_tier! { user_tokens::behaviour, $fresh, |repo| &*repo,
                a_pair_is_found_as_it_was_put
                nobody_is_found_in_an_empty_store
                a_number_and_its_text_are_one_user
                ids_and_names_may_be_any_text
                a_second_pair_takes_the_place_of_the_first
                an_id_is_not_taken_over
                a_username_is_not_taken_over
                an_id_that_is_bound_is_told_of_first
                usernames_are_compared_folded
                an_access_token_is_replaced_and_the_refresh_token_stays
                a_superseded_refresh_token_replaces_nothing
                nothing_is_replaced_for_nobody
                a_pair_is_deleted_by_its_access_token
                any_other_token_deletes_nothing
                a_deleted_pair_frees_id_and_name
            }
            $crate::contract_tier! { user_tokens::expiry, $fresh, |repo| &*repo,
                deletion_begins_when_the_refresh_token_expires
                a_new_pair_counts_from_its_own_expiry
                a_new_access_token_prolongs_nothing
                deletion_keeps_to_its_limit
            }
            $crate::contract_tier! { user_tokens::concurrency, $fresh, |repo| &repo,
                one_id_is_bound_to_one_of_sixteen_names
                one_name_is_bound_to_one_of_sixteen_ids
                of_sixteen_pairs_one_stays_whole
                of_sixteen_access_tokens_one_stays
                no_replacement_reaches_a_newer_pair
                no_deletion_reaches_a_newer_pair
                a_deletion_that_raced_with_a_refresh_is_told_the_truth
                one_of_sixteen_deletions_deletes
                simultaneous_deletions_count_each_pair_once
            }
        }
    };
}

const ACCESS: Duration = Duration::from_mins(15);
const REFRESH: Duration = Duration::from_hours(7 * 24);

fn id(number: usize) -> ExternalId {
    ExternalId::Number(i64::try_from(number).expect("a small number"))
}

fn name(text: &str) -> ExternalUsername {
    ExternalUsername::parse(text).expect("a name")
}

/// A token of this number, made at `at`.
fn issued(number: usize, at: Timestamp, lifetime: Duration) -> IssuedToken {
    let digest = Digest::of(&number.to_be_bytes());
    IssuedToken { token_id: token_id(number), digest, issued_at: at, expires_at: at.plus(lifetime) }
}

/// A pair of `user` that is told from other ones by the number of its tokens: even for access, odd for refresh.
fn pair_at(user: usize, number: usize, at: Timestamp) -> ExternalPair {
    ExternalPair {
        subject: id(user),
        username: name(&format!("user{user}")),
        access: issued(2 * number, at, ACCESS),
        refresh: issued(2 * number + 1, at, REFRESH),
    }
}

fn pair(user: usize, number: usize) -> ExternalPair {
    pair_at(user, number, NOW)
}

async fn put(repo: &dyn UserTokenRepository, pair: &ExternalPair) -> PutOutcome {
    repo.put(pair).await.expect(ANSWERS)
}

/// Puts a pair that has to be taken.
async fn stored(repo: &dyn UserTokenRepository, pair: ExternalPair) -> ExternalPair {
    assert_eq!(put(repo, &pair).await, PutOutcome::Stored);
    pair
}

async fn find(repo: &dyn UserTokenRepository, subject: &ExternalId) -> Option<ExternalPair> {
    repo.find(subject).await.expect(ANSWERS)
}

/// The user's name as it is kept, which its equality ignores.
async fn spelling(repo: &dyn UserTokenRepository, subject: &ExternalId) -> Option<String> {
    find(repo, subject).await.map(|pair| pair.username.as_str().to_owned())
}

async fn replace(
    repo: &dyn UserTokenRepository,
    subject: &ExternalId,
    refresh: &IssuedToken,
    access: IssuedToken,
) -> GuardedOutcome {
    repo.replace_access(subject, &refresh.digest, &access).await.expect(ANSWERS)
}

async fn delete(repo: &dyn UserTokenRepository, subject: &ExternalId, access: &IssuedToken) -> GuardedOutcome {
    repo.delete(subject, &access.digest).await.expect(ANSWERS)
}

async fn sweep(repo: &dyn UserTokenRepository, now: Timestamp, limit: u32) -> u32 {
    repo.delete_expired(now, limit).await.expect(ANSWERS)
}
