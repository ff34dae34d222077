//! The promises of an [`AccountChangeRepository`], with all that shares its storage: the accounts that are changed, and
//! their sessions, links and mails, which end with a change or must not.

mod activation;
mod concurrency;
mod deletion;
mod estate;
mod expiry;
mod passwords;
mod profiles;

use std::sync::Arc;

pub use activation::*;
pub use concurrency::*;
pub use deletion::*;
pub use expiry::*;
pub use passwords::*;
pub use profiles::*;
use tessera_domain::{Credentials, Identifier, Timestamp, UserId};

use super::ANSWERS;
use crate::{
    AccountChangeRepository, ActivityRepository, MailOutboxRepository, OneTimeTokenRepository, PasswordChange,
    PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome, RevocationRepository, SessionRepository,
    UserRepository,
};

/// Runs the suite of [`AccountChangeRepository`](crate::AccountChangeRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! account_change_contract {
    ($fresh:expr) => {
        mod account_change_repository {
            use super::*;

            $crate::contract_tier! { account_changes::behaviour, $fresh, |ports| &ports,
                a_password_is_replaced_under_its_version
                a_link_replaces_the_password_once
                everything_of_the_account_ends_with_its_password
                everything_ends_with_a_password_that_a_link_replaced
                another_version_replaces_no_password
                what_is_no_link_for_a_password_replaces_none
                the_password_of_an_inactive_account_stays
                after_a_change_only_the_new_version_counts
                wherever_a_change_meets_a_sender_no_mailed_link_works
                what_is_given_of_a_profile_is_changed
                a_username_may_be_spelled_anew
                a_new_address_is_unverified_and_ends_the_links
                the_address_that_it_has_is_no_new_one
                what_belongs_to_another_is_taken
                a_new_address_needs_the_version_that_was_verified
                an_absent_or_inactive_account_has_no_profile_to_change
                a_link_confirms_the_address_once
                what_is_no_link_for_an_address_confirms_none
                a_link_to_an_old_address_confirms_no_new_one
                disabling_ends_everything
                enabling_gives_nothing_back
                a_disabled_account_is_given_no_token
                an_account_that_is_not_there_is_neither_enabled_nor_disabled
                no_version_of_an_account_is_used_twice
                a_deletion_takes_everything_of_the_account_with_it
                what_a_deleted_account_was_called_is_free_and_its_tokens_stay_dead
                a_deleted_account_is_given_no_token
                nothing_is_deleted_that_was_not_verified_as_it_is
                the_last_superuser_stays
            }
            $crate::contract_tier! { account_changes::expiry, $fresh, |ports| &ports,
                a_link_replaces_the_password_until_it_expires
                a_link_confirms_the_address_until_it_expires
                the_ends_of_sessions_stay_recorded_as_long_as_asked
            }
            $crate::contract_tier! { account_changes::concurrency, $fresh, |ports| &ports,
                one_of_sixteen_changes_under_one_version_wins
                one_of_sixteen_changes_with_one_link_wins
                one_change_wins_whatever_permits_it
                one_of_sixteen_confirmations_wins
                one_of_sixteen_accounts_gets_an_address
                a_registration_and_a_change_do_not_share_an_address
                accounts_that_exchange_their_addresses_do_not_wait_in_a_circle
                no_session_outlives_a_change_of_password
                no_link_outlives_a_change_of_password
                no_waiting_link_mail_outlives_a_change_of_password
                a_link_that_is_mailed_before_a_change_is_dead_after_it
                an_upgrade_of_a_hash_undoes_no_change
                logins_are_noted_beside_a_change
                nothing_outlives_a_disabling
                a_change_is_seen_entirely_or_not_at_all
                one_of_sixteen_deletions_wins
                nothing_outlives_a_deletion
                no_token_outlives_a_deletion
                no_waiting_link_mail_outlives_a_deletion
                one_of_two_superusers_stays
            }
        }
    };
}

/// A repository of account changes and its neighbours in the same storage.
#[derive(Clone)]
pub struct AccountPorts {
    /// Where the accounts are.
    pub users: Arc<dyn UserRepository>,
    /// Their sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Where the ends of sessions are recorded.
    pub revocations: Arc<dyn RevocationRepository>,
    /// Their links.
    pub links: Arc<dyn OneTimeTokenRepository>,
    /// What happened to them.
    pub activity: Arc<dyn ActivityRepository>,
    /// The mails to them.
    pub outbox: Arc<dyn MailOutboxRepository>,
    /// What is tested.
    pub changes: Arc<dyn AccountChangeRepository>,
}

/// When a change is made, unless a test says otherwise.
const AT: Timestamp = Timestamp::from_unix_micros(1_800_000_060_654_321);

/// What a test does with the ports.
impl AccountPorts {
    async fn change_password(&self, change: &PasswordChange) -> PasswordChangeOutcome {
        self.changes.change_password(change).await.expect(ANSWERS)
    }

    async fn change_profile(&self, change: &ProfileChange) -> ProfileChangeOutcome {
        self.changes.change_profile(change).await.expect(ANSWERS)
    }

    /// What is kept of an account that is known to be there.
    async fn credentials(&self, id: UserId) -> Credentials {
        self.users.find_credentials(&Identifier::Id(id)).await.expect(ANSWERS).expect("the account is there")
    }
}
