//! Sixteen tasks that start together and must not both win.

use std::sync::Arc;

use tessera_domain::MailKind::{PasswordChanged, PasswordReset};
use tessera_domain::QueuedMail;

use super::{LATER, UNTIL, claim, claimed, delete, insert, mail, mail_id, renew, settle, waiting};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::TICK;
use crate::{MailOutboxRepository, Settlement};

/// A race that is lost once in many times is lost: each is run this often.
const ROUNDS: usize = 15;

/// The others are told that nothing is due, instead of waiting for it.
pub async fn one_of_sixteen_senders_claims_a_mail(repo: &Arc<dyn MailOutboxRepository>) {
    for round in 0..ROUNDS {
        insert(repo.as_ref(), &mail(round, PasswordReset)).await;
        let claims = race(|_| {
            let repo = Arc::clone(repo);
            async move { claim(repo.as_ref(), LATER, 10).await }
        })
        .await;
        let mails: Vec<_> = claims.into_iter().flatten().collect();
        assert_eq!(mails.len(), 1, "round {round}: {mails:?}");
    }
}

/// Each mail is given to one of them, and none is left.
pub async fn sixteen_senders_share_what_is_due(repo: &Arc<dyn MailOutboxRepository>) {
    for number in 0..40 {
        insert(repo.as_ref(), &mail(number, PasswordReset)).await;
    }
    let claims = race(|_| {
        let repo = Arc::clone(repo);
        async move { claim(repo.as_ref(), LATER, 2).await }
    })
    .await;
    assert!(claims.iter().all(|claimed| claimed.len() <= 2));
    let rest = claim(repo.as_ref(), LATER, 100).await;
    let mut ids: Vec<_> = claims.into_iter().flatten().chain(rest).map(|claimed| claimed.mail.id).collect();
    ids.sort();
    assert_eq!(ids, (0..40).map(mail_id).collect::<Vec<_>>());
}

/// Whichever it is: never none, never two.
pub async fn of_sixteen_links_one_waits(repo: &Arc<dyn MailOutboxRepository>) {
    for round in 0..ROUNDS {
        race(|racer| {
            let link = QueuedMail { id: mail_id(round * RACERS + racer), ..mail(round, PasswordReset) };
            let repo = Arc::clone(repo);
            async move { insert(repo.as_ref(), &link).await }
        })
        .await;
        assert_eq!(claim(repo.as_ref(), LATER, 100).await.len(), 1, "round {round}");
    }
}

/// Fifteen ask for a link while the last one is settled as sent: afterwards at most one waits, and nothing failed.
pub async fn a_link_that_races_with_the_end_of_the_last_one_waits_or_was_enough(repo: &Arc<dyn MailOutboxRepository>) {
    for round in 0..ROUNDS {
        let first = claimed(repo.as_ref(), round, PasswordReset).await;
        race(|racer| {
            let repo = Arc::clone(repo);
            let (first, id) = (first.clone(), mail_id((round + 1) * 1_000 + racer));
            async move {
                if racer == 0 {
                    assert!(settle(repo.as_ref(), &first, 1, Settlement::Sent { at: LATER }).await);
                } else {
                    insert(repo.as_ref(), &QueuedMail { id, ..first }).await;
                }
            }
        })
        .await;
        insert(repo.as_ref(), &QueuedMail { id: mail_id((round + 1) * 1_000), ..first }).await;
        assert_eq!(claim(repo.as_ref(), LATER, 100).await.len(), 1, "round {round}");
    }
}

/// Either the late sender prolongs its claim, and the mail is due for nobody; or the claim passes on, and the late sender
/// is told.
pub async fn a_late_sender_and_the_next_one_do_not_both_hold_a_claim(repo: &Arc<dyn MailOutboxRepository>) {
    for round in 0..ROUNDS {
        let late = claimed(repo.as_ref(), round, PasswordReset).await;
        let held = race(|racer| {
            let (repo, late) = (Arc::clone(repo), late.clone());
            async move {
                if racer % 2 == 0 {
                    renew(repo.as_ref(), &late, 1, UNTIL.plus(TICK)).await
                } else {
                    let next = repo.claim(UNTIL, UNTIL.plus(TICK), 1).await.expect(super::ANSWERS);
                    !next.is_empty()
                }
            }
        })
        .await;
        let renewals = held.iter().step_by(2).filter(|held| **held).count();
        let claims = held.iter().skip(1).step_by(2).filter(|held| **held).count();
        assert!(claims == 1 && renewals == 0 || claims == 0 && renewals > 0, "round {round}: {held:?}");
        let attempt = if claims == 1 { 2 } else { 1 };
        assert!(settle(repo.as_ref(), &late, attempt, Settlement::Sent { at: UNTIL }).await);
    }
}

/// Of all who hold a claim one after the other, one has the last word.
pub async fn a_late_settlement_and_the_next_claim_do_not_both_count(repo: &Arc<dyn MailOutboxRepository>) {
    for round in 0..ROUNDS {
        let late = claimed(repo.as_ref(), round, PasswordReset).await;
        let won = race(|racer| {
            let (repo, late) = (Arc::clone(repo), late.clone());
            async move {
                match racer % 4 {
                    0 => settle(repo.as_ref(), &late, 1, Settlement::Sent { at: UNTIL }).await,
                    1 => settle(repo.as_ref(), &late, 1, Settlement::GivenUp { at: UNTIL }).await,
                    _ => !repo.claim(UNTIL, UNTIL.plus(TICK), 1).await.expect(super::ANSWERS).is_empty(),
                }
            }
        })
        .await;
        assert_eq!(count(&won, |won| *won), 1, "round {round}: {won:?}");
        if waiting(repo.as_ref()).await == 1 {
            assert!(settle(repo.as_ref(), &late, 2, Settlement::Sent { at: UNTIL }).await);
        }
    }
}

/// Sixteen clean-ups share the work.
pub async fn simultaneous_deletions_count_each_mail_once(repo: &Arc<dyn MailOutboxRepository>) {
    for number in 0..20 {
        let mail = claimed(repo.as_ref(), number, PasswordChanged).await;
        assert!(settle(repo.as_ref(), &mail, 1, Settlement::Sent { at: LATER }).await);
    }
    let counts = race(|_| {
        let repo = Arc::clone(repo);
        async move { delete(repo.as_ref(), UNTIL, 2).await }
    })
    .await;
    let rest = delete(repo.as_ref(), UNTIL, 100).await;
    assert_eq!(counts.iter().sum::<u32>() + rest, 20);
}
