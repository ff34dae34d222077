//! What is queued, and what is not.

use tessera_domain::MailKind::{self, EmailChanged, EmailConfirmation, PasswordChanged, PasswordReset};
use tessera_domain::QueuedMail;

use super::{LATER, backlog, claim, claimed, insert, mail, mail_id, settle, waiting};
use crate::contract::sample::{after, email};
use crate::{Backlog, ClaimedMail, MailOutboxRepository, Settlement};

const KINDS: [MailKind; 4] = [PasswordReset, PasswordChanged, EmailConfirmation, EmailChanged];
const LINKS: [MailKind; 2] = [PasswordReset, EmailConfirmation];

/// Every field comes back: each kind, microseconds, and the first attempt.
pub async fn a_mail_is_claimed_as_it_was_queued(repo: &dyn MailOutboxRepository) {
    let mut expected = Vec::new();
    for (number, kind) in KINDS.into_iter().enumerate() {
        let mail = mail(number, kind);
        insert(repo, &mail).await;
        expected.push(ClaimedMail { mail, attempt: 1 });
    }
    assert_eq!(claim(repo, LATER, 10).await, expected);
}

/// Neither a mail nor an error.
pub async fn an_empty_outbox_has_nothing_to_claim(repo: &dyn MailOutboxRepository) {
    assert!(claim(repo, LATER, 10).await.is_empty());
    assert_eq!(backlog(repo).await, Backlog { waiting: 0, oldest: None, given_up: 0 });
}

/// Whoever does not know whether a mail was queued may queue it again, also when it has been sent meanwhile.
pub async fn a_mail_that_is_there_is_left_as_it_is(repo: &dyn MailOutboxRepository) {
    let first = mail(1, PasswordChanged);
    insert(repo, &first).await;
    insert(repo, &QueuedMail { id: first.id, ..mail(2, EmailChanged) }).await;
    assert_eq!(claim(repo, LATER, 10).await, [ClaimedMail { mail: first.clone(), attempt: 1 }]);
    assert!(settle(repo, &first, 1, Settlement::Sent { at: LATER }).await);
    insert(repo, &first).await;
    assert_eq!(waiting(repo).await, 0);
}

/// However often it is asked for, and also while it is being sent.
pub async fn one_waiting_mail_with_a_link_is_enough(repo: &dyn MailOutboxRepository) {
    for (number, kind) in LINKS.into_iter().enumerate() {
        let first = claimed(repo, number, kind).await;
        for again in 10..13 {
            insert(repo, &QueuedMail { id: mail_id(again), ..first.clone() }).await;
        }
        assert!(claim(repo, LATER, 10).await.is_empty(), "{kind:?}");
    }
    assert_eq!(waiting(repo).await, 2);
}

/// Whoever asks again wants it still; what was asked for before takes nothing back.
pub async fn a_link_that_is_asked_for_again_counts_from_then_on(repo: &dyn MailOutboxRepository) {
    for (number, kind) in LINKS.into_iter().enumerate() {
        let first = mail(number, kind);
        insert(repo, &first).await;
        for (id, queued_at) in [(10, after(20)), (11, after(10))] {
            insert(repo, &QueuedMail { id: mail_id(id), queued_at, ..first.clone() }).await;
        }
        let wanted = QueuedMail { queued_at: after(20), ..first };
        assert_eq!(claim(repo, LATER, 10).await, [ClaimedMail { mail: wanted, attempt: 1 }], "{kind:?}");
    }
}

/// Enough is enough of the same only.
pub async fn a_link_of_another_kind_or_to_another_address_waits_beside_it(repo: &dyn MailOutboxRepository) {
    let first = mail(1, PasswordReset);
    insert(repo, &first).await;
    insert(repo, &QueuedMail { kind: EmailConfirmation, id: mail_id(2), ..first.clone() }).await;
    insert(repo, &QueuedMail { recipient: email("other@example.com"), id: mail_id(3), ..first.clone() }).await;
    assert_eq!(claim(repo, LATER, 10).await.len(), 3);
}

/// Each change is told of, however fast they follow each other.
pub async fn news_is_never_left_out(repo: &dyn MailOutboxRepository) {
    for (step, kind) in [PasswordChanged, EmailChanged].into_iter().enumerate() {
        for number in [10, 20] {
            insert(repo, &QueuedMail { id: mail_id(number + step), ..mail(1, kind) }).await;
        }
    }
    assert_eq!(claim(repo, LATER, 10).await.len(), 4);
}

/// Sent or given up: whoever asks again gets a link again.
pub async fn another_link_waits_after_the_first_was_finished(repo: &dyn MailOutboxRepository) {
    let mut last = claimed(repo, 1, PasswordReset).await;
    for (number, end) in [(2, Settlement::Sent { at: LATER }), (3, Settlement::GivenUp { at: LATER })] {
        assert!(settle(repo, &last, 1, end).await);
        last = QueuedMail { id: mail_id(number), ..last };
        insert(repo, &last).await;
        assert_eq!(claim(repo, LATER, 10).await, [ClaimedMail { mail: last.clone(), attempt: 1 }]);
    }
}

/// Claimed or not, due or not; of what is finished, only what was given up is told, and apart.
pub async fn the_backlog_is_what_waits(repo: &dyn MailOutboxRepository) {
    let first = claimed(repo, 1, PasswordReset).await;
    insert(repo, &mail(3, PasswordChanged)).await;
    insert(repo, &mail(2, EmailChanged)).await;
    assert_eq!(backlog(repo).await, Backlog { waiting: 3, oldest: Some(after(1)), given_up: 0 });
    assert!(settle(repo, &first, 1, Settlement::Retry { at: LATER }).await);
    assert_eq!(backlog(repo).await, Backlog { waiting: 3, oldest: Some(after(1)), given_up: 0 });
    assert_eq!(claim(repo, LATER, 10).await.len(), 3);
    assert!(settle(repo, &first, 2, Settlement::Sent { at: LATER }).await);
    assert_eq!(backlog(repo).await, Backlog { waiting: 2, oldest: Some(after(2)), given_up: 0 });
    assert!(settle(repo, &mail(2, EmailChanged), 1, Settlement::GivenUp { at: LATER }).await);
    assert_eq!(backlog(repo).await, Backlog { waiting: 1, oldest: Some(after(3)), given_up: 1 });
}
