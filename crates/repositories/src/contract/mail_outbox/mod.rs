//! The promises of a [`MailOutboxRepository`].

mod behaviour;
mod claims;
mod concurrency;
mod expiry;

pub use behaviour::*;
pub use claims::*;
pub use concurrency::*;
pub use expiry::*;
use tessera_domain::{MailId, MailKind, QueuedMail, Timestamp};

use super::ANSWERS;
use super::sample::{after, email};
use crate::{Backlog, ClaimedMail, MailOutboxRepository, Settlement};

/// Runs the suite of [`MailOutboxRepository`](crate::MailOutboxRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! mail_outbox_contract {
    ($fresh:expr) => {
        mod mail_outbox_repository {
            use super::*;

            $crate::contract_tier! { mail_outbox::behaviour, $fresh, |repo| &*repo,
                a_mail_is_claimed_as_it_was_queued
                an_empty_outbox_has_nothing_to_claim
                a_mail_that_is_there_is_left_as_it_is
                one_waiting_mail_with_a_link_is_enough
                a_link_that_is_asked_for_again_counts_from_then_on
                a_link_of_another_kind_or_to_another_address_waits_beside_it
                news_is_never_left_out
                another_link_waits_after_the_first_was_finished
                the_backlog_is_what_waits
                a_claimed_mail_is_due_for_nobody_else
                a_claim_keeps_to_its_limit
                what_has_been_due_for_longest_comes_first
                each_claim_is_another_attempt
                a_sent_mail_is_final
                a_mail_that_was_given_up_is_final
                a_retry_goes_on_waiting
                a_claim_that_passed_to_another_is_not_held
                a_mail_that_nobody_claimed_is_not_held
                a_mail_that_is_not_there_is_not_held
            }
            $crate::contract_tier! { mail_outbox::expiry, $fresh, |repo| &*repo,
                a_mail_is_due_at_once
                a_claim_ends_on_time
                a_claim_that_ended_is_held_until_it_passes_to_another
                a_renewed_claim_ends_later
                a_retry_is_due_on_time
                deletion_begins_after_the_moment_of_the_end
                deletion_keeps_to_its_limit
                deletion_spares_what_waits
            }
            $crate::contract_tier! { mail_outbox::concurrency, $fresh, |repo| &repo,
                one_of_sixteen_senders_claims_a_mail
                sixteen_senders_share_what_is_due
                of_sixteen_links_one_waits
                a_link_that_races_with_the_end_of_the_last_one_waits_or_was_enough
                a_late_sender_and_the_next_one_do_not_both_hold_a_claim
                a_late_settlement_and_the_next_claim_do_not_both_count
                simultaneous_deletions_count_each_mail_once
            }
        }
    };
}

/// The mail with this number, queued as many seconds after the present, to an address of its own.
fn mail(number: usize, kind: MailKind) -> QueuedMail {
    let queued_at = after(u64::try_from(number).expect("a small number"));
    let recipient = email(&format!("user{number}@example.com"));
    QueuedMail { id: mail_id(number), kind, recipient, queued_at }
}

fn mail_id(number: usize) -> MailId {
    MailId::new(after(u64::try_from(number).expect("a small number")), [5; 10])
}

/// A moment at which every mail here is due.
const LATER: Timestamp = Timestamp::from_unix_seconds(1_800_003_600);

/// Until when a mail is claimed then.
const UNTIL: Timestamp = Timestamp::from_unix_seconds(1_800_003_660);

async fn insert(repo: &dyn MailOutboxRepository, mail: &QueuedMail) {
    repo.insert(mail).await.expect(ANSWERS);
}

/// Claims whatever is due at `now`, at most `limit`, until [`UNTIL`].
async fn claim(repo: &dyn MailOutboxRepository, now: Timestamp, limit: u32) -> Vec<ClaimedMail> {
    repo.claim(now, UNTIL, limit).await.expect(ANSWERS)
}

/// Queues the mail with this number and claims it.
async fn claimed(repo: &dyn MailOutboxRepository, number: usize, kind: MailKind) -> QueuedMail {
    let mail = mail(number, kind);
    insert(repo, &mail).await;
    assert_eq!(claim(repo, LATER, 1).await, [ClaimedMail { mail: mail.clone(), attempt: 1 }]);
    mail
}

async fn renew(repo: &dyn MailOutboxRepository, mail: &QueuedMail, attempt: u32, until: Timestamp) -> bool {
    repo.renew(mail.id, attempt, until).await.expect(ANSWERS)
}

async fn settle(repo: &dyn MailOutboxRepository, mail: &QueuedMail, attempt: u32, settlement: Settlement) -> bool {
    repo.settle(mail.id, attempt, settlement).await.expect(ANSWERS)
}

/// The three ends of an attempt, all of them at `at`.
fn settlements(at: Timestamp) -> [Settlement; 3] {
    [Settlement::Sent { at }, Settlement::GivenUp { at }, Settlement::Retry { at }]
}

async fn delete(repo: &dyn MailOutboxRepository, before: Timestamp, limit: u32) -> u32 {
    repo.delete_finished(before, limit).await.expect(ANSWERS)
}

async fn backlog(repo: &dyn MailOutboxRepository) -> Backlog {
    repo.backlog().await.expect(ANSWERS)
}

async fn waiting(repo: &dyn MailOutboxRepository) -> u64 {
    backlog(repo).await.waiting
}
