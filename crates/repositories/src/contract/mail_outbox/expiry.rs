//! The exact edges of time.

use tessera_domain::MailKind::{PasswordChanged, PasswordReset};

use super::{LATER, UNTIL, claim, claimed, delete, insert, mail, renew, settle, waiting};
use crate::contract::sample::TICK;
use crate::{ClaimedMail, MailOutboxRepository, Settlement};

/// At the very moment at which it is queued.
pub async fn a_mail_is_due_at_once(repo: &dyn MailOutboxRepository) {
    let mail = mail(1, PasswordReset);
    insert(repo, &mail).await;
    assert_eq!(claim(repo, mail.queued_at, 1).await.len(), 1);
}

/// A sender that died loses its mail then, and not earlier.
pub async fn a_claim_ends_on_time(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    assert!(claim(repo, UNTIL.minus(TICK), 1).await.is_empty());
    assert_eq!(claim(repo, UNTIL, 1).await, [ClaimedMail { mail, attempt: 2 }]);
}

/// A slow sender harms nobody as long as nobody took over, and what it says counts.
pub async fn a_claim_that_ended_is_held_until_it_passes_to_another(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    assert!(renew(repo, &mail, 1, UNTIL.plus(TICK)).await, "whatever the time is");
    assert_eq!(claim(repo, UNTIL.plus(TICK), 1).await.len(), 1);
    assert!(!renew(repo, &mail, 1, UNTIL).await);
}

/// At its new end, and not at its old one.
pub async fn a_renewed_claim_ends_later(repo: &dyn MailOutboxRepository) {
    let mail = claimed(repo, 1, PasswordReset).await;
    let later = UNTIL.plus(TICK * 2);
    assert!(renew(repo, &mail, 1, later).await);
    assert!(claim(repo, later.minus(TICK), 1).await.is_empty());
    assert_eq!(claim(repo, later, 1).await, [ClaimedMail { mail, attempt: 2 }]);
}

/// Sooner or later than its claim would have ended.
pub async fn a_retry_is_due_on_time(repo: &dyn MailOutboxRepository) {
    for (number, at) in [(1, UNTIL.minus(TICK)), (2, UNTIL.plus(TICK))] {
        let mail = claimed(repo, number, PasswordReset).await;
        assert!(settle(repo, &mail, 1, Settlement::Retry { at }).await);
        assert!(claim(repo, at.minus(TICK), 1).await.is_empty());
        assert_eq!(claim(repo, at, 1).await.len(), 1);
        assert!(settle(repo, &mail, 2, Settlement::Sent { at }).await);
    }
}

/// What ended at the moment itself did not end before it.
pub async fn deletion_begins_after_the_moment_of_the_end(repo: &dyn MailOutboxRepository) {
    for (number, end) in [Settlement::Sent { at: LATER }, Settlement::GivenUp { at: LATER }].into_iter().enumerate() {
        let mail = claimed(repo, number, PasswordReset).await;
        assert!(settle(repo, &mail, 1, end).await);
    }
    assert_eq!(delete(repo, LATER, 10).await, 0);
    assert_eq!(delete(repo, LATER.plus(TICK), 10).await, 2);
    assert_eq!(delete(repo, LATER.plus(TICK), 10).await, 0);
}

/// Small batches: at most as many as asked for, and an exact count.
pub async fn deletion_keeps_to_its_limit(repo: &dyn MailOutboxRepository) {
    for number in 0..5 {
        let mail = claimed(repo, number, PasswordChanged).await;
        assert!(settle(repo, &mail, 1, Settlement::Sent { at: LATER }).await);
    }
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(delete(repo, UNTIL, limit).await);
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
}

/// However long it has waited, claimed or not; and what ended lately.
pub async fn deletion_spares_what_waits(repo: &dyn MailOutboxRepository) {
    claimed(repo, 1, PasswordReset).await;
    let retried = claimed(repo, 2, PasswordReset).await;
    assert!(settle(repo, &retried, 1, Settlement::Retry { at: UNTIL }).await);
    let lately = claimed(repo, 3, PasswordReset).await;
    assert!(settle(repo, &lately, 1, Settlement::Sent { at: UNTIL }).await);
    insert(repo, &mail(4, PasswordReset)).await;
    assert_eq!(delete(repo, UNTIL, 10).await, 0);
    assert_eq!(waiting(repo).await, 3);
    assert_eq!(delete(repo, UNTIL.plus(TICK), 10).await, 1);
}
