//! The promises of a [`UserRepository`].

mod behaviour;
mod concurrency;

pub use behaviour::*;
pub use concurrency::*;
use tessera_domain::{Credentials, Identifier, NewUser, User, UserId};

use super::ANSWERS;
use crate::{InsertOutcome, UserPage, UserPageRequest, UserRepository};

/// Runs the suite of [`UserRepository`](crate::UserRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! user_contract {
    ($fresh:expr) => {
        mod user_repository {
            use super::*;

            $crate::contract_tier! { users::behaviour, $fresh, |repo| &*repo,
                an_account_is_found_as_it_was_written
                an_account_may_be_bare
                nobody_is_found_in_an_empty_store
                a_taken_address_inserts_nothing
                a_taken_username_inserts_nothing
                both_taken_are_reported_together
                two_owners_of_one_each_are_reported_together
                usernames_are_unique_by_their_folded_key
                a_username_is_displayed_as_written
                accounts_without_username_do_not_collide
                credentials_are_found_by_id_address_and_username
                inactive_accounts_are_found
                a_hash_is_upgraded_only_from_the_expected_one
                an_upgrade_changes_nothing_but_the_hash
                a_login_is_noted
                a_login_changes_no_credentials
                a_login_of_nobody_is_ignored
                the_version_of_an_account_never_goes_back
                pages_are_in_the_order_of_ids
                a_page_says_exactly_whether_there_are_more
                pages_stay_stable_while_accounts_are_added
            }
            $crate::contract_tier! { users::concurrency, $fresh, |repo| &repo,
                one_address_makes_one_account
                one_username_makes_one_account
                one_upgrade_of_a_hash_wins
                logins_and_upgrades_do_not_undo_each_other
                a_listing_misses_nobody_while_others_register
            }
        }
    };
}

async fn inserted(repo: &dyn UserRepository, new: &NewUser) {
    assert_eq!(repo.insert(new).await.expect(ANSWERS), InsertOutcome::Inserted);
}

async fn find(repo: &dyn UserRepository, id: UserId) -> Option<User> {
    repo.find(id).await.expect(ANSWERS)
}

/// What is kept of an account that is known to be there.
async fn credentials(repo: &dyn UserRepository, new: &NewUser) -> Credentials {
    let by_email = Identifier::Email(new.user.email.clone());
    repo.find_credentials(&by_email).await.expect(ANSWERS).expect("the account is there")
}

async fn page(repo: &dyn UserRepository, after: Option<UserId>, limit: u16) -> UserPage {
    repo.list(UserPageRequest { after, limit }).await.expect(ANSWERS)
}

fn ids(page: &UserPage) -> Vec<UserId> {
    page.users.iter().map(|user| user.id).collect()
}

/// Every page after `after`, one after the other.
async fn walk(repo: &dyn UserRepository, mut after: Option<UserId>, limit: u16) -> Vec<UserId> {
    let mut seen = Vec::new();
    loop {
        let page = page(repo, after, limit).await;
        seen.extend(ids(&page));
        after = seen.last().copied();
        if !page.has_more {
            return seen;
        }
    }
}

const fn taken(email: bool, username: bool) -> InsertOutcome {
    InsertOutcome::Taken { email, username }
}
