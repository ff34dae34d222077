//! What must not survive a change, whenever it was made (invariant I2).
//!
//! A racer that makes something, and then finds the account as it was before the change, has made it before: the change
//! has to end it.

use std::time::Duration;

use tessera_domain::{
    EndReason, Generation, MailKind, OneTimePurpose, OneTimeToken, SecurityVersion, Session, SessionClient,
    SessionState,
};

use super::ROUNDS;
use crate::contract::account_changes::estate::{Estate, new_hash};
use crate::contract::account_changes::{ANSWERS, AT, AccountPorts};
use crate::contract::race::{RACERS, race};
use crate::contract::sample::{LIMITS, NOW, after, hash, session};
use crate::{ActivationOutcome, Earlier, PasswordChangeOutcome, RotateOutcome, RotateSession};

/// A refresh of a session that has never been rotated.
pub(in crate::contract::account_changes) fn rotation(session: &Session) -> RotateSession {
    RotateSession {
        id: session.id,
        user_id: session.user_id,
        generation: Generation::FIRST,
        client: SessionClient::default(),
        now: NOW,
        idle: LIMITS.idle,
        retry_window: Duration::from_secs(10),
        revoke_until: after(900),
    }
}

impl AccountPorts {
    async fn change_the_password(&self, estate: &Estate, number: usize) {
        let change = estate.password_change(estate.password(), number, AT);
        let outcome = self.change_password(&change).await;
        assert!(matches!(outcome, PasswordChangeOutcome::Changed { .. }));
    }

    /// Whether nobody can see yet that the account was changed.
    async fn is_as_before(&self, estate: &Estate) -> bool {
        self.credentials(estate.id()).await.version == SecurityVersion::FIRST
    }

    /// Asserts that a session that may have been opened is over.
    async fn assert_over(&self, session: &Session, reason: EndReason) {
        let Some(stored) = self.sessions.find(session.id).await.expect(ANSWERS) else { return };
        assert_eq!(stored.state, SessionState::Ended { at: AT, reason });
        assert!(self.is_revoked(session, AT).await);
        let outcome = self.sessions.rotate(&rotation(session)).await.expect(ANSWERS);
        assert_eq!(outcome, RotateOutcome::Ended(stored));
    }
}

/// Neither one that is opened under the old version, nor one that is refreshed, while the password is changed.
pub async fn no_session_outlives_a_change_of_password(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let opened = |racer: usize| session(1_000 + round * RACERS + racer, estate.id());
        race(|racer| {
            let (ports, estate, new) = (ports.clone(), estate.clone(), opened(racer));
            async move {
                match racer % 4 {
                    0 if racer == 4 => ports.change_the_password(&estate, round).await,
                    0 | 1 => _ = ports.sessions.open(&new, SecurityVersion::FIRST).await.expect(ANSWERS),
                    _ => {
                        let [first, second] = &estate.sessions;
                        let refreshed = if racer % 4 == 2 { first } else { second };
                        let outcome = ports.sessions.rotate(&rotation(refreshed)).await.expect(ANSWERS);
                        assert_ne!(outcome, RotateOutcome::Unknown);
                    }
                }
            }
        })
        .await;
        for session in (0..RACERS).map(opened).chain(estate.sessions.clone()) {
            ports.assert_over(&session, EndReason::PasswordChanged).await;
        }
    }
}

/// Neither the newest, nor one beside it, of either purpose.
pub async fn no_link_outlives_a_change_of_password(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let made_before = race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            let link = a_link(&estate, round * RACERS + racer, racer);
            async move {
                if racer == 5 {
                    ports.change_the_password(&estate, round).await;
                    return None;
                }
                let earlier = if racer % 3 == 0 { Earlier::Replace } else { Earlier::Keep };
                ports.links.insert(&link, earlier).await.expect(ANSWERS);
                ports.is_as_before(&estate).await.then_some(link)
            }
        })
        .await;
        for link in made_before.iter().flatten() {
            assert!(!ports.is_live(link).await, "round {round}: {link:?}");
        }
    }
}

fn a_link(estate: &Estate, number: usize, racer: usize) -> OneTimeToken {
    let purpose =
        if racer.is_multiple_of(2) { OneTimePurpose::PasswordReset } else { OneTimePurpose::EmailVerification };
    estate.new_link(number, purpose)
}

/// Asked for before the change, it is not sent after it: its link would be one that the change could not end.
pub async fn no_waiting_link_mail_outlives_a_change_of_password(ports: &AccountPorts) {
    const PAIRS: usize = RACERS / 2;
    for round in 0..ROUNDS {
        let mut estates = Vec::new();
        for step in 0..PAIRS {
            estates.push(ports.estate(round * PAIRS + step).await);
        }
        // Those that wait already would be enough.
        ports.send_everything().await;
        let asked_before = race(|racer| {
            let (ports, estate) = (ports.clone(), estates.get(racer % PAIRS).expect("one a pair").clone());
            let mail = estate.mail(round * RACERS + racer, MailKind::PasswordReset);
            async move {
                if racer < PAIRS {
                    ports.change_the_password(&estate, 1_000 + round * RACERS + racer).await;
                    return None;
                }
                // Some ask at once, and some when the change is well under way.
                for _ in 0..racer - PAIRS {
                    ports.is_as_before(&estate).await;
                }
                ports.outbox.insert(&mail).await.expect(ANSWERS);
                ports.is_as_before(&estate).await.then_some(mail.id)
            }
        })
        .await;
        let waiting = ports.waiting().await;
        let survivors: Vec<_> = asked_before.into_iter().flatten().filter(|id| waiting.contains(id)).collect();
        assert!(survivors.is_empty(), "round {round}: {survivors:?}");
        ports.send_everything().await;
    }
}

/// A sender claims a mail, makes its link, makes sure of its claim, and sends it. Wherever among these the change comes, the
/// link is dead in the end, or nobody was sent it.
pub async fn a_link_that_is_mailed_before_a_change_is_dead_after_it(ports: &AccountPorts) {
    const ACCOUNTS: usize = 4;
    for round in 0..ROUNDS {
        let mut estates = Vec::new();
        for step in 0..ACCOUNTS {
            estates.push(ports.estate(round * ACCOUNTS + step).await);
        }
        let mailed = race(|racer| {
            let (ports, estates) = (ports.clone(), estates.clone());
            async move {
                match estates.get(racer) {
                    Some(estate) => ports.change_the_password(estate, round * RACERS + racer).await,
                    None => return send_some(&ports, &estates, round * RACERS + racer).await,
                }
                Vec::new()
            }
        })
        .await;
        for link in mailed.iter().flatten() {
            assert!(!ports.is_live(link).await, "round {round}: a link was mailed that works");
        }
        ports.send_everything().await;
    }
}

/// Sends at most two of the mails that wait for these accounts. Returns the links that were mailed.
async fn send_some(ports: &AccountPorts, estates: &[Estate], number: usize) -> Vec<OneTimeToken> {
    let mut mailed = Vec::new();
    for (step, claimed) in ports.outbox.claim(NOW, after(60), 2).await.expect(ANSWERS).into_iter().enumerate() {
        let Some(estate) = estates.iter().find(|estate| estate.unclaimed.id == claimed.mail.id) else { continue };
        let link = estate.new_link(2 * number + step, OneTimePurpose::EmailVerification);
        ports.links.insert(&link, Earlier::Replace).await.expect(ANSWERS);
        if ports.outbox.renew(claimed.mail.id, claimed.attempt, after(120)).await.expect(ANSWERS) {
            mailed.push(link);
        }
    }
    mailed
}

/// A better hash of the old password comes before the change, and is replaced by it, or too late.
pub async fn an_upgrade_of_a_hash_undoes_no_change(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            async move {
                if racer == 5 {
                    return ports.change_the_password(&estate, round).await;
                }
                let better = hash(&format!("better {racer}"));
                let old = &estate.new.password_hash;
                let _in_time = ports.users.upgrade_hash(estate.id(), old, &better).await.expect(ANSWERS);
            }
        })
        .await;
        let stored = ports.credentials(estate.id()).await;
        assert_eq!((stored.password_hash, stored.version), (new_hash(round), SecurityVersion::FIRST.next()));
    }
}

/// Each writes its own columns, and neither brings back what the other replaced.
pub async fn logins_are_noted_beside_a_change(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            async move {
                match racer {
                    5 => ports.change_the_password(&estate, round).await,
                    _ => ports.users.record_login(estate.id(), after(7), None).await.expect(ANSWERS),
                }
            }
        })
        .await;
        let stored = ports.credentials(estate.id()).await;
        assert_eq!((stored.password_hash, stored.version), (new_hash(round), SecurityVersion::FIRST.next()));
        assert_eq!((stored.user.last_login, stored.user.updated_at), (Some(after(7)), AT));
    }
}

/// Whoever logs in, refreshes, is given a token or changes the password while an account is disabled: it is over with all of
/// it, and stays disabled.
pub async fn nothing_outlives_a_disabling(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let opened = |racer: usize| session(1_000 + round * RACERS + racer, estate.id());
        let tokens = race(|racer| {
            let (ports, estate, new) = (ports.clone(), estate.clone(), opened(racer));
            let purpose = match racer % 3 {
                0 => OneTimePurpose::OneTime,
                1 => OneTimePurpose::PasswordReset,
                _ => OneTimePurpose::EmailVerification,
            };
            let token = estate.new_link(round * RACERS + racer, purpose);
            async move {
                match racer % 5 {
                    0 if racer == 5 => {
                        let outcome = ports.set_active(estate.id(), false, AT).await;
                        assert!(matches!(outcome, ActivationOutcome::Set { .. }));
                    }
                    0 | 1 => _ = ports.sessions.open(&new, SecurityVersion::FIRST).await.expect(ANSWERS),
                    2 => {
                        let [session, _] = &estate.sessions;
                        _ = ports.sessions.rotate(&rotation(session)).await.expect(ANSWERS);
                    }
                    3 => {
                        let change = estate.password_change(estate.link(), 1_000 + round * RACERS + racer, AT);
                        let _outcome = ports.change_password(&change).await;
                    }
                    _ => {
                        let _outcome = ports.links.insert(&token, Earlier::Keep).await.expect(ANSWERS);
                        return Some(token);
                    }
                }
                None
            }
        })
        .await;
        assert!(!ports.credentials(estate.id()).await.user.is_active);
        for session in (0..RACERS).map(opened).chain(estate.sessions.clone()) {
            let stored = ports.sessions.find(session.id).await.expect(ANSWERS);
            assert!(stored.is_none_or(|stored| stored.state != SessionState::Active), "round {round}");
        }
        for token in tokens.iter().flatten().chain([&estate.reset, &estate.verification, &estate.proof]) {
            assert!(!ports.is_live(token).await, "round {round}: {token:?}");
        }
    }
}
