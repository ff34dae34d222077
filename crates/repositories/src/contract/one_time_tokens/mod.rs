//! The promises of a [`OneTimeTokenRepository`].

mod behaviour;
mod concurrency;
mod expiry;

pub use behaviour::*;
pub use concurrency::*;
pub use expiry::*;
use tessera_domain::{Digest, NewUser, OneTimePurpose, OneTimeToken, Timestamp};

use super::ANSWERS;
use super::race::RACERS;
use super::sample::{NOW, after, new_user, user_id};
use crate::{Earlier, KeepOutcome, OneTimeTokenRepository};

/// Runs the suite of [`OneTimeTokenRepository`](crate::OneTimeTokenRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! one_time_token_contract {
    ($fresh:expr) => {
        mod one_time_token_repository {
            use super::*;

            $crate::contract_tier! { one_time_tokens::behaviour, $fresh, |repo| &*repo,
                a_token_is_consumed_as_it_was_given
                a_token_is_consumed_once
                a_look_spends_nothing
                nothing_is_found_in_an_empty_store
                a_token_is_known_by_its_digest_alone
                a_token_of_one_purpose_is_unknown_to_every_other
                one_digest_may_serve_two_purposes
                earlier_tokens_stay_where_they_are_kept
                the_newest_token_replaces_the_earlier_ones
                replacing_touches_no_other_account_and_no_other_purpose
                what_was_replaced_does_not_come_back
                deletion_takes_the_named_purposes_of_one_account
                deletion_of_nothing_is_no_error
            }
            $crate::contract_tier! { one_time_tokens::expiry, $fresh, |repo| &*repo,
                a_token_expires_on_time
                an_expired_token_is_not_spent_by_trying
                expired_tokens_can_be_replaced
                clean_up_begins_at_the_moment_of_expiry
                clean_up_keeps_to_its_limit
                clean_up_spares_what_is_live
            }
            $crate::contract_tier! { one_time_tokens::concurrency, $fresh, |repo| &repo,
                one_of_sixteen_consumes_a_token
                sixteen_tokens_are_consumed_by_their_own_tasks
                of_sixteen_replacements_one_token_is_left
                a_token_that_races_with_its_replacement_is_spent_once_or_never
                what_races_with_a_deletion_is_gone_afterwards
                simultaneous_clean_ups_count_each_token_once
            }
        }
    };
}

/// The accounts of all tokens here. A storage that keeps tokens beside accounts has to have them.
pub fn owners() -> impl Iterator<Item = NewUser> {
    (0..OWNERS).map(new_user)
}

/// More than race, or are in a batch.
const OWNERS: usize = RACERS + 4;

/// A moment at which every token here is still good.
const SOON: Timestamp = NOW;

/// The token with this number, for a minute and the account with that number.
fn token(number: usize, purpose: OneTimePurpose, user: usize) -> OneTimeToken {
    OneTimeToken { digest: digest(number), purpose, user_id: user_id(user), expires_at: after(60) }
}

fn digest(number: usize) -> Digest {
    Digest::of(&secret(number))
}

fn secret(number: usize) -> [u8; 32] {
    let mut secret = [0x5a; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    secret
}

async fn insert(repo: &dyn OneTimeTokenRepository, token: &OneTimeToken, earlier: Earlier) {
    assert_eq!(repo.insert(token, earlier).await.expect(ANSWERS), KeepOutcome::Kept);
}

async fn consume(repo: &dyn OneTimeTokenRepository, token: &OneTimeToken, now: Timestamp) -> Option<OneTimeToken> {
    repo.consume(&token.digest, token.purpose, now).await.expect(ANSWERS)
}

async fn find(repo: &dyn OneTimeTokenRepository, token: &OneTimeToken, now: Timestamp) -> Option<OneTimeToken> {
    repo.find(&token.digest, token.purpose, now).await.expect(ANSWERS)
}

/// Whether it could be spent now.
async fn is_there(repo: &dyn OneTimeTokenRepository, token: &OneTimeToken) -> bool {
    find(repo, token, SOON).await.is_some()
}

async fn delete_for(repo: &dyn OneTimeTokenRepository, user: usize, purposes: &[OneTimePurpose]) {
    repo.delete_for(user_id(user), purposes).await.expect(ANSWERS);
}

async fn delete_expired(repo: &dyn OneTimeTokenRepository, now: Timestamp, limit: u32) -> u32 {
    repo.delete_expired(now, limit).await.expect(ANSWERS)
}
