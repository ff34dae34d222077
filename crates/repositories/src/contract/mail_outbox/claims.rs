//! Who may send a mail, and what becomes of it.

use tessera_domain::MailKind::{PasswordChanged, PasswordReset};

use super::{LATER, UNTIL, claim, claimed, insert, mail, renew, settle, settlements, waiting};
use crate::contract::sample::after;
use crate::{ClaimedMail, MailOutboxRepository, Settlement};

/// However many ask.
pub async fn a_claimed_mail_is_due_for_nobody_else(repo: &dyn MailOutboxRepository) {
    claimed(repo, 1, PasswordReset).await;
    for _ in 0..3 {
        assert!(claim(repo, LATER, 10).await.is_empty());
    }
}

/// No mail more than asked for; the others stay due.
pub async fn a_claim_keeps_to_its_limit(repo: &dyn MailOutboxRepository) {
    for number in 0..5 {
        insert(repo, &mail(number, PasswordReset)).await;
    }
    let mut counts = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        counts.push(claim(repo, LATER, limit).await.len());
    }
    assert_eq!(counts, [0, 2, 2, 1, 0]);
}

/// In the order in which they became due, whichever was queued first; of what is due together the older one is first.
pub async fn what_has_been_due_for_longest_comes_first(repo: &dyn MailOutboxRepository) {
    let postponed = claimed(repo, 1, PasswordChanged).await;
    assert!(settle(repo, &postponed, 1, Settlement::Retry { at: after(30) }).await);
    for number in [40, 20, 30, 10] {
        insert(repo, &mail(number, PasswordReset)).await;
    }
    let order = async |limit| -> Vec<_> {
        claim(repo, LATER, limit).await.into_iter().map(|claimed| claimed.mail.queued_at).collect()
    };
    assert_eq!(order(3).await, [10, 20, 1].map(after));
    assert_eq!(order(3).await, [30, 40].map(after));
}

/// They are counted, so that a sender knows when to give up.
pub async fn each_claim_is_another_attempt(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    for attempt in 1..5 {
        assert!(settle(repo, &mail, attempt, Settlement::Retry { at: LATER }).await);
        assert_eq!(claim(repo, LATER, 1).await, [ClaimedMail { mail: mail.clone(), attempt: attempt + 1 }]);
    }
}

/// It is not due again, and nothing that anybody says about it later changes that.
async fn is_final(repo: &dyn MailOutboxRepository, end: Settlement) {
    let mail = claimed(repo, 1, PasswordReset).await;
    assert!(settle(repo, &mail, 1, end).await);
    assert!(!renew(repo, &mail, 1, LATER).await);
    for other in settlements(LATER) {
        assert!(!settle(repo, &mail, 1, other).await, "{other:?}");
    }
    assert!(claim(repo, UNTIL, 10).await.is_empty());
    assert_eq!(waiting(repo).await, 0);
}

/// No mail is sent again that was sent.
pub async fn a_sent_mail_is_final(repo: &dyn MailOutboxRepository) {
    is_final(repo, Settlement::Sent { at: LATER }).await;
}

/// Nor one that nobody wanted to try any more.
pub async fn a_mail_that_was_given_up_is_final(repo: &dyn MailOutboxRepository) {
    is_final(repo, Settlement::GivenUp { at: LATER }).await;
}

/// It is not lost, and not yet due.
pub async fn a_retry_goes_on_waiting(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    assert!(settle(repo, &mail, 1, Settlement::Retry { at: UNTIL }).await);
    assert_eq!(waiting(repo).await, 1);
    assert!(claim(repo, LATER, 10).await.is_empty());
    assert_eq!(claim(repo, UNTIL, 10).await, [ClaimedMail { mail, attempt: 2 }]);
}

/// A sender that was thought dead must not send any more, and changes nothing for the one that took over.
pub async fn a_claim_that_passed_to_another_is_not_held(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    assert!(settle(repo, &mail, 1, Settlement::Retry { at: LATER }).await);
    assert_eq!(claim(repo, LATER, 1).await.len(), 1);
    assert!(!renew(repo, &mail, 1, LATER).await);
    for late in settlements(LATER) {
        assert!(!settle(repo, &mail, 1, late).await, "{late:?}");
    }
    assert!(claim(repo, LATER, 1).await.is_empty(), "it is still the other one's");
    assert!(renew(repo, &mail, 2, UNTIL).await);
    assert!(settle(repo, &mail, 2, Settlement::Sent { at: LATER }).await);
}

/// Before the first claim, and by an attempt that has not been made.
pub async fn a_mail_that_nobody_claimed_is_not_held(repo: &dyn MailOutboxRepository) {
    let mail = mail(1, PasswordReset);
    insert(repo, &mail).await;
    for attempt in [0, 1, u32::MAX] {
        assert!(!renew(repo, &mail, attempt, UNTIL).await, "{attempt}");
        for settlement in settlements(UNTIL) {
            assert!(!settle(repo, &mail, attempt, settlement).await, "{attempt}: {settlement:?}");
        }
    }
    assert_eq!(claim(repo, LATER, 1).await.len(), 1);
}

/// It was never queued, or has been forgotten.
pub async fn a_mail_that_is_not_there_is_not_held(repo: &dyn MailOutboxRepository) {
    let absent = mail(1, PasswordReset);
    assert!(!renew(repo, &absent, 1, UNTIL).await);
    for settlement in settlements(UNTIL) {
        assert!(!settle(repo, &absent, 1, settlement).await, "{settlement:?}");
    }
}
