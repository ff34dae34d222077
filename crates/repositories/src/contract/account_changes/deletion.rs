//! The end of an account, and of everything that it had.

use std::collections::BTreeSet;
use std::time::Duration;

use tessera_domain::{
    Activity, ActivityEvent, ActivityId, Credentials, Email, Identifier, MailKind, NewUser, OneTimePurpose,
    SecurityVersion, User, UserId,
};

use super::concurrency::{ROUNDS, rotation};
use super::estate::Estate;
use super::{ANSWERS, AT, AccountPorts};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::{NOW, TICK, new_user, session, user_id, username};
use crate::{
    AccountDeletion, ActivationOutcome, ActivityPageRequest, DeletionOutcome, Earlier, InsertOutcome, OpenOutcome,
    PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome, RotateOutcome,
};

fn deletion(user_id: UserId) -> AccountDeletion {
    let revoke_until = AT.plus(Duration::from_mins(15));
    AccountDeletion { user_id, version: SecurityVersion::FIRST, at: AT, revoke_until }
}

fn is_deleted(outcome: &DeletionOutcome) -> bool {
    matches!(outcome, DeletionOutcome::Deleted { .. })
}

impl AccountPorts {
    async fn delete(&self, deletion: &AccountDeletion) -> DeletionOutcome {
        self.changes.delete(deletion).await.expect(ANSWERS)
    }

    async fn find_by(&self, email: &Email) -> Option<Credentials> {
        self.users.find_credentials(&Identifier::Email(email.clone())).await.expect(ANSWERS)
    }

    /// Notes something in the log of an account.
    async fn note(&self, number: u8, user_id: UserId) {
        let (id, event) = (ActivityId::from_bytes([number; 16]), ActivityEvent::LoggedIn);
        let entry = Activity { id, user_id, event, at: NOW, ip: None, user_agent: None };
        self.activity.insert(&[entry]).await.expect(ANSWERS);
    }

    async fn noted(&self, user_id: UserId) -> usize {
        let page = ActivityPageRequest { user_id, before: None, limit: 10 };
        self.activity.list(page).await.expect(ANSWERS).entries.len()
    }

    /// Asserts that nothing is left of an account, of its sessions only that they are revoked.
    async fn assert_gone(&self, estate: &Estate) {
        assert_eq!(self.users.find(estate.id()).await.expect(ANSWERS), None);
        assert_eq!(self.find_by(&estate.new.user.email).await, None);
        for session in estate.sessions.iter().chain([&estate.logged_out]) {
            assert_eq!(self.sessions.find(session.id).await.expect(ANSWERS), None);
            let outcome = self.sessions.rotate(&rotation(session)).await.expect(ANSWERS);
            assert_eq!(outcome, RotateOutcome::Unknown);
        }
        for session in &estate.sessions {
            assert!(self.is_revoked(session, AT).await, "an end that is not recorded");
        }
        for token in [&estate.reset, &estate.verification, &estate.proof] {
            assert!(!self.is_live(token).await, "{token:?}");
        }
    }

    /// An account that may do everything.
    async fn superuser(&self, number: usize) -> User {
        let NewUser { mut user, password_hash } = new_user(number);
        user.is_superuser = true;
        let new = NewUser { user, password_hash };
        assert_eq!(self.users.insert(&new).await.expect(ANSWERS), InsertOutcome::Inserted);
        new.user
    }
}

/// Sessions, links, one-time tokens, log and mails with links; not the news that wait, and nobody else's.
pub async fn a_deletion_takes_everything_of_the_account_with_it(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    ports.note(1, estate.id()).await;
    ports.note(2, bystander.id()).await;
    let request = deletion(estate.id());
    let DeletionOutcome::Deleted { user, mut ended } = ports.delete(&request).await else {
        panic!("it was there");
    };
    ended.sort();
    assert_eq!(ended, estate.sessions.clone().map(|session| session.id));
    assert_eq!(user, User { updated_at: AT, ..estate.new.user.clone() });
    ports.assert_gone(&estate).await;
    assert!(!ports.is_revoked(&estate.logged_out, AT).await, "it did not end by this");
    for session in &estate.sessions {
        assert!(ports.is_revoked(session, request.revoke_until.minus(TICK)).await);
        assert!(!ports.is_revoked(session, request.revoke_until).await, "for as long as asked");
    }
    assert_eq!((ports.noted(estate.id()).await, ports.noted(bystander.id()).await), (0, 1));
    ports.assert_untouched(&bystander).await;
    let mut mails = BTreeSet::from([estate.news.id]);
    mails.extend(bystander.mails());
    assert_eq!(ports.waiting().await, mails);
    assert_eq!(ports.delete(&request).await, DeletionOutcome::Superseded, "there is nothing left to delete");
}

/// Whoever registers with its address and its name is somebody else (invariant I2).
pub async fn what_a_deleted_account_was_called_is_free_and_its_tokens_stay_dead(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let named = ProfileChange { username: Some(username("Ana")), ..estate.profile_change(NOW) };
    assert!(matches!(ports.change_profile(&named).await, ProfileChangeOutcome::Changed(_)));
    assert!(is_deleted(&ports.delete(&deletion(estate.id())).await));

    let NewUser { mut user, password_hash } = new_user(2);
    user.email = estate.new.user.email.clone();
    user.username = Some(username("ana"));
    let new = NewUser { user, password_hash };
    assert_eq!(ports.users.insert(&new).await.expect(ANSWERS), InsertOutcome::Inserted);
    assert_eq!(ports.find_by(&new.user.email).await.map(|found| found.user), Some(new.user.clone()));
    for session in &estate.sessions {
        let outcome = ports.sessions.rotate(&rotation(session)).await.expect(ANSWERS);
        assert_eq!(outcome, RotateOutcome::Unknown);
        assert!(ports.is_revoked(session, AT).await);
    }
    let late = session(90, estate.id());
    let opened = ports.sessions.open(&late, SecurityVersion::FIRST).await.expect(ANSWERS);
    assert_eq!(opened, OpenOutcome::Superseded, "a login that was verified before");
    for authority in [estate.link(), estate.password()] {
        let change = estate.password_change(authority, 1, AT);
        assert_eq!(ports.change_password(&change).await, PasswordChangeOutcome::Refused);
    }
    let confirmed = ports.changes.confirm_email(&estate.verification.digest, AT).await.expect(ANSWERS);
    assert_eq!(confirmed, None);
    assert_eq!(ports.credentials(new.user.id).await.password_hash, new.password_hash);
}

/// Neither under another version, nor while it is disabled, nor what is not there.
pub async fn nothing_is_deleted_that_was_not_verified_as_it_is(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    ports.note(1, estate.id()).await;
    let other_version = AccountDeletion { version: SecurityVersion::FIRST.next(), ..deletion(estate.id()) };
    for request in [other_version, deletion(user_id(9))] {
        assert_eq!(ports.delete(&request).await, DeletionOutcome::Superseded);
    }
    ports.assert_untouched(&estate).await;
    assert_eq!(ports.noted(estate.id()).await, 1);
    assert!(matches!(ports.set_active(estate.id(), false, AT).await, ActivationOutcome::Set { .. }));
    let disabled = AccountDeletion { version: SecurityVersion::FIRST.next(), ..deletion(estate.id()) };
    assert_eq!(ports.delete(&disabled).await, DeletionOutcome::Superseded);
    assert!(!ports.credentials(estate.id()).await.user.is_active, "it is there");
}

/// As long as no other one could take its place, and a disabled one could not.
pub async fn the_last_superuser_stays(ports: &AccountPorts) {
    let (last, disabled) = (ports.superuser(1).await, ports.superuser(2).await);
    let _ordinary = ports.estate(3).await;
    assert!(matches!(ports.set_active(disabled.id, false, AT).await, ActivationOutcome::Set { .. }));
    assert_eq!(ports.delete(&deletion(last.id)).await, DeletionOutcome::LastSuperuser);
    assert_eq!(ports.users.find(last.id).await.expect(ANSWERS), Some(last.clone()));
    ports.superuser(4).await;
    assert!(is_deleted(&ports.delete(&deletion(last.id)).await));
}

/// And all of it is gone.
pub async fn one_of_sixteen_deletions_wins(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let outcomes = race(|_| {
            let (ports, id) = (ports.clone(), estate.id());
            async move { ports.delete(&deletion(id)).await }
        })
        .await;
        assert_eq!(count(&outcomes, is_deleted), 1, "{outcomes:?}");
        assert_eq!(count(&outcomes, |outcome| *outcome == DeletionOutcome::Superseded), RACERS - 1);
        ports.assert_gone(&estate).await;
    }
}

/// Whether its owner proved to be that before.
pub async fn a_deleted_account_is_given_no_token(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    assert!(is_deleted(&ports.delete(&deletion(estate.id())).await));
    ports.assert_given_no_token(&estate).await;
}

/// Made before it or after it, of whatever purpose: who asked was the owner when the request came (invariant I2).
pub async fn no_token_outlives_a_deletion(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let made = race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            let purpose = if racer % 4 == 1 { OneTimePurpose::PasswordReset } else { OneTimePurpose::OneTime };
            let token = estate.new_link(round * RACERS + racer, purpose);
            async move {
                if racer == 5 {
                    assert!(is_deleted(&ports.delete(&deletion(estate.id())).await));
                    assert!(!ports.is_live(&estate.proof).await);
                    return None;
                }
                let earlier = if racer % 3 == 0 { Earlier::Replace } else { Earlier::Keep };
                let outcome = ports.links.insert(&token, earlier).await.expect(ANSWERS);
                Some((token, outcome))
            }
        })
        .await;
        for (token, outcome) in made.iter().flatten() {
            assert!(!ports.is_live(token).await, "round {round}: {outcome:?}, {token:?}");
        }
    }
}

/// Whoever logs in, refreshes, resets the password or is disabled while an account is deleted: nothing of it is left, or it
/// was not deleted, because its credentials had changed by then.
pub async fn nothing_outlives_a_deletion(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let opened = |racer: usize| session(1_000 + round * RACERS + racer, estate.id());
        let outcomes = race(|racer| {
            let (ports, estate, new) = (ports.clone(), estate.clone(), opened(racer));
            async move {
                let [first, second] = &estate.sessions;
                match racer % 4 {
                    0 if racer == 4 => return Some(ports.delete(&deletion(estate.id())).await),
                    0 | 1 => _ = ports.sessions.open(&new, SecurityVersion::FIRST).await.expect(ANSWERS),
                    2 => _ = ports.sessions.rotate(&rotation(first)).await.expect(ANSWERS),
                    _ if round % 2 == 0 => ports.users.record_login(estate.id(), AT, None).await.expect(ANSWERS),
                    _ if racer == 7 => {
                        let change = estate.password_change(estate.link(), 1_000 + round, AT);
                        let _outcome = ports.change_password(&change).await;
                    }
                    _ => _ = ports.sessions.rotate(&rotation(second)).await.expect(ANSWERS),
                }
                None
            }
        })
        .await;
        if outcomes.into_iter().flatten().any(|outcome| outcome == DeletionOutcome::Superseded) {
            assert_eq!(ports.credentials(estate.id()).await.version, SecurityVersion::FIRST.next());
            continue;
        }
        ports.assert_gone(&estate).await;
        for session in (0..RACERS).map(opened) {
            assert_eq!(ports.sessions.find(session.id).await.expect(ANSWERS), None, "round {round}");
            let outcome = ports.sessions.rotate(&rotation(&session)).await.expect(ANSWERS);
            assert_eq!(outcome, RotateOutcome::Unknown);
        }
    }
}

/// Asked for before the deletion, it is not sent after it.
pub async fn no_waiting_link_mail_outlives_a_deletion(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        ports.send_everything().await;
        let asked_before = race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            let kind = if racer % 2 == 0 { MailKind::PasswordReset } else { MailKind::EmailConfirmation };
            let mail = estate.mail(round * RACERS + racer, kind);
            async move {
                if racer == 5 {
                    assert!(is_deleted(&ports.delete(&deletion(estate.id())).await));
                    return None;
                }
                ports.outbox.insert(&mail).await.expect(ANSWERS);
                let is_there = ports.users.find(estate.id()).await.expect(ANSWERS).is_some();
                is_there.then_some(mail.id)
            }
        })
        .await;
        let waiting = ports.waiting().await;
        let survivors: Vec<_> = asked_before.into_iter().flatten().filter(|id| waiting.contains(id)).collect();
        assert!(survivors.is_empty(), "round {round}: {survivors:?}");
        ports.send_everything().await;
    }
}

/// Two that leave at the same moment do not take each other for the one who stays.
pub async fn one_of_two_superusers_stays(ports: &AccountPorts) {
    let mut stays = ports.superuser(0).await;
    for round in 1..=ROUNDS {
        let newcomer = ports.superuser(round).await;
        let outcomes = race(|racer| {
            let leaving = if racer.is_multiple_of(2) { stays.id } else { newcomer.id };
            let ports = ports.clone();
            async move { ports.delete(&deletion(leaving)).await }
        })
        .await;
        assert_eq!(count(&outcomes, is_deleted), 1, "round {round}: {outcomes:?}");
        let old = ports.users.find(stays.id).await.expect(ANSWERS);
        let new = ports.users.find(newcomer.id).await.expect(ANSWERS);
        assert!(old.is_some() != new.is_some(), "round {round}");
        stays = old.or(new).expect("one of them");
    }
}
