//! New passwords, and everything that ends with the old ones.

use std::collections::BTreeSet;

use tessera_domain::{EndReason, OneTimePurpose, SecurityVersion, User};

use super::estate::{Estate, new_hash};
use super::{ANSWERS, AT, AccountPorts};
use crate::contract::sample::{NOW, TICK, after, hash, new_user, session, user_id};
use crate::{Authority, Earlier, InsertOutcome, KeepOutcome, OpenOutcome, PasswordChangeOutcome};

/// The outcome is the account as it is now, and so is what is stored; the hash is the new one, the version the next.
pub async fn a_password_is_replaced_under_its_version(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    let change = estate.password_change(estate.password(), 1, AT);
    let PasswordChangeOutcome::Changed { user, version, mut ended } = ports.change_password(&change).await else {
        panic!("the authority holds");
    };
    ended.sort();
    assert_eq!(ended, estate.sessions.clone().map(|session| session.id));
    assert_eq!(user, User { updated_at: AT, ..estate.new.user.clone() });
    assert_eq!(version, SecurityVersion::FIRST.next());
    let stored = ports.credentials(estate.id()).await;
    assert_eq!((stored.user, stored.version, stored.password_hash), (user, version, new_hash(1)));
    let theirs = ports.credentials(bystander.id()).await;
    assert_eq!((theirs.user, theirs.version), (bystander.new.user, SecurityVersion::FIRST));
    assert_eq!(theirs.password_hash, bystander.new.password_hash);
}

/// It is spent by it (invariant I1).
pub async fn a_link_replaces_the_password_once(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let outcome = ports.change_password(&estate.password_change(estate.link(), 1, AT)).await;
    assert!(matches!(outcome, PasswordChangeOutcome::Changed { user, .. } if user.id == estate.id()));
    let again = ports.change_password(&estate.password_change(estate.link(), 2, AT)).await;
    assert_eq!(again, PasswordChangeOutcome::Refused);
    let spent = ports.links.consume(&estate.reset.digest, estate.reset.purpose, NOW).await.expect(ANSWERS);
    assert_eq!(spent, None);
    assert_eq!(ports.credentials(estate.id()).await.password_hash, new_hash(1));
}

/// Sessions, links, and mails that would carry one (invariant I2); nobody else's, and no news. The owner is told.
pub async fn everything_of_the_account_ends_with_its_password(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    ends_with(ports, &estate, &bystander, estate.password(), EndReason::PasswordChanged).await;
}

/// The same, for a reason of its own.
pub async fn everything_ends_with_a_password_that_a_link_replaced(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    ends_with(ports, &estate, &bystander, estate.link(), EndReason::PasswordReset).await;
}

async fn ends_with(ports: &AccountPorts, estate: &Estate, bystander: &Estate, authority: Authority, reason: EndReason) {
    let change = estate.password_change(authority, 1, AT);
    assert!(matches!(ports.change_password(&change).await, PasswordChangeOutcome::Changed { .. }));
    ports.assert_ended(estate, AT, reason).await;
    ports.assert_untouched(bystander).await;
    let mut mails = BTreeSet::from([estate.news.id, change.notice.id]);
    mails.extend(bystander.mails());
    assert_eq!(ports.waiting().await, mails);
}

/// Asserts that `authority` changes nothing at all.
async fn is_refused(ports: &AccountPorts, estate: &Estate, authority: Authority) {
    let outcome = ports.change_password(&estate.password_change(authority, 1, AT)).await;
    assert_eq!(outcome, PasswordChangeOutcome::Refused, "{authority:?}");
    let stored = ports.credentials(estate.id()).await;
    assert_eq!((stored.user, stored.version), (estate.new.user.clone(), SecurityVersion::FIRST));
    assert_eq!(stored.password_hash, estate.new.password_hash);
    ports.assert_untouched(estate).await;
}

/// Neither an older one nor one that is yet to come, nor any of an account that is not there.
pub async fn another_version_replaces_no_password(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    for number in [-1, 1] {
        let version = SecurityVersion::from_number(number);
        is_refused(ports, &estate, Authority::Password { user_id: estate.id(), version }).await;
    }
    let version = SecurityVersion::FIRST;
    is_refused(ports, &estate, Authority::Password { user_id: user_id(9), version }).await;
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()), "nobody is told of what did not happen");
}

/// A token of another purpose, or one that nobody made (requirement T3). They are not spent by the try.
pub async fn what_is_no_link_for_a_password_replaces_none(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let unknown = estate.new_link(1, OneTimePurpose::PasswordReset);
    for token in [&estate.verification, &estate.proof, &unknown] {
        is_refused(ports, &estate, Authority::Link(token.digest)).await;
    }
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()));
}

/// Whatever its owner holds; of a link there is none.
pub async fn the_password_of_an_inactive_account_stays(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let mut disabled = new_user(2);
    disabled.user.is_active = false;
    assert_eq!(ports.users.insert(&disabled).await.expect(ANSWERS), InsertOutcome::Inserted);
    let id = disabled.user.id;
    let mut link = estate.new_link(1, OneTimePurpose::PasswordReset);
    link.user_id = id;
    assert_eq!(ports.links.insert(&link, Earlier::Keep).await.expect(ANSWERS), KeepOutcome::NoAccount);
    let password = Authority::Password { user_id: id, version: SecurityVersion::FIRST };
    for authority in [password, Authority::Link(link.digest)] {
        let outcome = ports.change_password(&estate.password_change(authority, 1, AT)).await;
        assert_eq!(outcome, PasswordChangeOutcome::Refused);
        assert_eq!(ports.credentials(id).await.password_hash, disabled.password_hash);
    }
}

/// Who verified the old password is too late: for another change, for a session, and for a better hash of it.
pub async fn after_a_change_only_the_new_version_counts(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let outcome = ports.change_password(&estate.password_change(estate.password(), 1, AT)).await;
    let PasswordChangeOutcome::Changed { version, .. } = outcome else { panic!("the authority holds") };

    let again = ports.change_password(&estate.password_change(estate.password(), 2, AT)).await;
    assert_eq!(again, PasswordChangeOutcome::Refused);
    let late = session(90, estate.id());
    let opened = ports.sessions.open(&late, SecurityVersion::FIRST).await.expect(ANSWERS);
    assert_eq!(opened, OpenOutcome::Superseded);
    let old = &estate.new.password_hash;
    assert!(!ports.users.upgrade_hash(estate.id(), old, &hash("better")).await.expect(ANSWERS));
    assert_eq!(ports.credentials(estate.id()).await.password_hash, new_hash(1));

    assert_eq!(ports.sessions.open(&late, version).await.expect(ANSWERS), OpenOutcome::Opened);
    let authority = Authority::Password { user_id: estate.id(), version };
    let next = ports.change_password(&estate.password_change(authority, 3, AT.plus(TICK))).await;
    assert!(matches!(next, PasswordChangeOutcome::Changed { ended, .. } if ended == [late.id]));
}

/// A sender claims a mail, makes its link, makes sure of its claim, and sends it. If the change comes before the last of
/// these, nothing is sent; if it comes after it, the link is dead.
pub async fn wherever_a_change_meets_a_sender_no_mailed_link_works(ports: &AccountPorts) {
    const SENDING: usize = 3;
    for moment_of_change in 0..=SENDING {
        let estate = ports.estate(moment_of_change).await;
        let link = estate.new_link(moment_of_change, OneTimePurpose::EmailVerification);
        let moment = async |moment: usize| {
            if moment == moment_of_change {
                let change = estate.password_change(estate.password(), moment, AT);
                assert!(matches!(ports.change_password(&change).await, PasswordChangeOutcome::Changed { .. }));
            }
        };
        moment(0).await;
        let due = ports.outbox.claim(NOW, after(60), 100).await.expect(ANSWERS);
        let is_claimed = due.iter().any(|claimed| claimed.mail.id == estate.unclaimed.id);
        moment(1).await;
        ports.links.insert(&link, Earlier::Replace).await.expect(ANSWERS);
        moment(2).await;
        let is_held = ports.outbox.renew(estate.unclaimed.id, 1, after(60)).await.expect(ANSWERS);
        moment(SENDING).await;
        assert_eq!(is_claimed && is_held, moment_of_change == SENDING);
        assert!(!is_held || !ports.is_live(&link).await, "a link was mailed that works");
        ports.send_everything().await;
    }
}
