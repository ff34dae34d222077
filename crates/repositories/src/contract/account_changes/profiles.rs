//! New names and addresses, and the confirmation of an address.

use std::collections::BTreeSet;

use tessera_domain::{FullName, Identifier, OneTimePurpose, SecurityVersion, User, Username};

use super::{ANSWERS, AT, AccountPorts};
use crate::contract::sample::{TICK, email, named_user, new_user, user_id, username};
use crate::{Earlier, InsertOutcome, KeepOutcome, ProfileChange, ProfileChangeOutcome};

/// Asserts that a change was made, and that what is stored is what it returned.
async fn changed(ports: &AccountPorts, change: &ProfileChange) -> User {
    let ProfileChangeOutcome::Changed(user) = ports.change_profile(change).await else {
        panic!("nothing is in its way");
    };
    assert_eq!(ports.users.find(change.user_id).await.expect(ANSWERS), Some(user.clone()));
    user
}

/// One after the other and together; the rest stays. Sessions go on, and links stay good.
pub async fn what_is_given_of_a_profile_is_changed(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    let name = |text: &str| Some(FullName::parse(text).expect("a name"));

    let renamed = ProfileChange { full_name: name("Ana López"), ..estate.profile_change(AT) };
    let mut expected = User { full_name: name("Ana López"), updated_at: AT, ..estate.new.user.clone() };
    assert_eq!(changed(ports, &renamed).await, expected);

    let named = ProfileChange { username: Some(username("Ana")), ..estate.profile_change(AT.plus(TICK)) };
    expected = User { username: Some(username("Ana")), updated_at: AT.plus(TICK), ..expected };
    assert_eq!(changed(ports, &named).await, expected);

    let (full_name, newer) = (name("王 🔑"), Some(username("王")));
    let both = ProfileChange { full_name: full_name.clone(), username: newer.clone(), ..estate.profile_change(AT) };
    expected = User { full_name, username: newer, updated_at: AT.plus(TICK * 2), ..expected };
    assert_eq!(changed(ports, &both).await, expected);

    ports.assert_untouched(&estate).await;
    assert_eq!(ports.users.find(bystander.id()).await.expect(ANSWERS), Some(bystander.new.user));
    assert_eq!(ports.credentials(estate.id()).await.version, SecurityVersion::FIRST);
}

/// It is its own, so that nobody is in the way; it is found by its new key, and the old one is free.
pub async fn a_username_may_be_spelled_anew(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    for name in ["Ana", "ANA", "Eva"] {
        let change = ProfileChange { username: Some(username(name)), ..estate.profile_change(AT) };
        assert_eq!(changed(ports, &change).await.username.as_ref().map(Username::as_str), Some(name));
    }
    let by_name = Identifier::Username(username("eva"));
    assert!(ports.users.find_credentials(&by_name).await.expect(ANSWERS).is_some());
    assert_eq!(ports.users.insert(&named_user(2, "ana")).await.expect(ANSWERS), InsertOutcome::Inserted);
}

/// In one step: the mails of the change are queued, those that would carry a link to the old address are gone, and so
/// are the links. Sessions go on, under the same version.
pub async fn a_new_address_is_unverified_and_ends_the_links(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    let confirmed = ports.changes.confirm_email(&estate.verification.digest, AT).await.expect(ANSWERS);
    assert!(confirmed.is_some_and(|user| user.is_verified), "the case this is about");

    let change = estate.move_to("Ana@Example.org", 1, AT);
    let user = changed(ports, &change).await;
    let expected = User { email: email("ana@example.org"), is_verified: false, ..estate.new.user.clone() };
    assert_eq!(User { updated_at: expected.updated_at, ..user }, expected);
    ports.assert_links_ended(&estate).await;
    assert!(ports.is_live(&estate.proof).await, "it is no link");
    for session in &estate.sessions {
        assert_eq!(ports.sessions.find(session.id).await.expect(ANSWERS), Some(session.clone()));
    }
    assert_eq!(ports.credentials(estate.id()).await.version, SecurityVersion::FIRST);
    ports.assert_untouched(&bystander).await;
    let mut mails = BTreeSet::from([estate.news.id]);
    mails.extend(bystander.mails());
    mails.extend(change.email.iter().flat_map(|change| &change.mails).map(|mail| mail.id));
    assert_eq!(ports.waiting().await, mails);

    let lookup = async |text| ports.users.find_credentials(&Identifier::Email(email(text))).await.expect(ANSWERS);
    assert_eq!(lookup("ana@example.org").await.map(|found| found.user.id), Some(estate.id()));
    assert_eq!(lookup(estate.new.user.email.as_str()).await, None, "the old address is free");
}

/// It stays verified, its links stay good, and nothing is sent; what else was asked for happens.
pub async fn the_address_that_it_has_is_no_new_one(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let confirming = estate.new_link(1, OneTimePurpose::EmailVerification);
    ports.links.insert(&confirming, Earlier::Keep).await.expect(ANSWERS);
    assert!(ports.changes.confirm_email(&confirming.digest, AT).await.expect(ANSWERS).is_some());
    let same = estate.move_to("USER1@example.com", 1, AT);
    let user = changed(ports, &ProfileChange { username: Some(username("ana")), ..same }).await;
    assert!(user.is_verified && user.username.is_some());
    assert_eq!(user.email, estate.new.user.email);
    ports.assert_untouched(&estate).await;
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()));
}

/// One, the other or both; nothing is changed then, also not what would be free.
pub async fn what_belongs_to_another_is_taken(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    assert_eq!(ports.users.insert(&named_user(2, "Eva")).await.expect(ANSWERS), InsertOutcome::Inserted);
    for (address, name, expected) in [
        ("User2@example.com", "ana", (true, false)),
        ("ana@example.org", "EVA", (false, true)),
        ("user2@example.com", "eva", (true, true)),
    ] {
        let change = ProfileChange {
            username: Some(username(name)),
            full_name: Some(FullName::parse("Ana").expect("a name")),
            ..estate.move_to(address, 1, AT)
        };
        let (email, username) = expected;
        assert_eq!(ports.change_profile(&change).await, ProfileChangeOutcome::Taken { email, username });
        assert_eq!(ports.users.find(estate.id()).await.expect(ANSWERS), Some(estate.new.user.clone()));
    }
    ports.assert_untouched(&estate).await;
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()));
}

async fn is_superseded(ports: &AccountPorts, change: &ProfileChange) {
    let before = ports.users.find(change.user_id).await.expect(ANSWERS);
    assert_eq!(ports.change_profile(change).await, ProfileChangeOutcome::Superseded);
    assert_eq!(ports.users.find(change.user_id).await.expect(ANSWERS), before, "nothing was changed");
}

/// Who verified a password that was changed since does not move the account; a name needs no password.
pub async fn a_new_address_needs_the_version_that_was_verified(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    for number in [-1, 1] {
        let mut change = estate.move_to("ana@example.org", 1, AT);
        change.username = Some(username("ana"));
        if let Some(email) = &mut change.email {
            email.version = SecurityVersion::from_number(number);
        }
        is_superseded(ports, &change).await;
    }
    ports.assert_untouched(&estate).await;
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()));
}

/// Neither a name nor an address.
pub async fn an_absent_or_inactive_account_has_no_profile_to_change(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let mut disabled = new_user(2);
    disabled.user.is_active = false;
    assert_eq!(ports.users.insert(&disabled).await.expect(ANSWERS), InsertOutcome::Inserted);
    for id in [disabled.user.id, user_id(3)] {
        let named = ProfileChange { username: Some(username("ana")), ..estate.profile_change(AT) };
        for change in [named, estate.move_to("ana@example.org", 1, AT)] {
            is_superseded(ports, &ProfileChange { user_id: id, ..change }).await;
        }
    }
    assert_eq!(ports.waiting().await, BTreeSet::from(estate.mails()));
}

/// And is spent by it. Nothing else of the account ends.
pub async fn a_link_confirms_the_address_once(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    let confirm = async || ports.changes.confirm_email(&estate.verification.digest, AT).await.expect(ANSWERS);
    let expected = User { is_verified: true, updated_at: AT, ..estate.new.user.clone() };
    assert_eq!(confirm().await, Some(expected.clone()));
    assert_eq!(confirm().await, None);
    assert_eq!(ports.users.find(estate.id()).await.expect(ANSWERS), Some(expected));
    assert_eq!(ports.users.find(bystander.id()).await.expect(ANSWERS), Some(bystander.new.user.clone()));
    assert!(ports.is_live(&estate.reset).await);
    assert_eq!(ports.credentials(estate.id()).await.version, SecurityVersion::FIRST);
}

/// A token of another purpose, one that nobody made, and one that an inactive account was not given. None is spent by the try.
pub async fn what_is_no_link_for_an_address_confirms_none(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let mut disabled = new_user(2);
    disabled.user.is_active = false;
    assert_eq!(ports.users.insert(&disabled).await.expect(ANSWERS), InsertOutcome::Inserted);
    let mut of_disabled = estate.new_link(1, OneTimePurpose::EmailVerification);
    of_disabled.user_id = disabled.user.id;
    assert_eq!(ports.links.insert(&of_disabled, Earlier::Keep).await.expect(ANSWERS), KeepOutcome::NoAccount);
    let unknown = estate.new_link(2, OneTimePurpose::EmailVerification);
    for token in [&estate.reset, &estate.proof, &unknown, &of_disabled] {
        assert_eq!(ports.changes.confirm_email(&token.digest, AT).await.expect(ANSWERS), None);
    }
    assert_eq!(ports.users.find(disabled.user.id).await.expect(ANSWERS), Some(disabled.user));
    assert_eq!(ports.users.find(estate.id()).await.expect(ANSWERS), Some(estate.new.user.clone()));
    ports.assert_untouched(&estate).await;
}

/// It was mailed to somebody who need not be the owner of the new one.
pub async fn a_link_to_an_old_address_confirms_no_new_one(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    changed(ports, &estate.move_to("ana@example.org", 1, AT)).await;
    assert_eq!(ports.changes.confirm_email(&estate.verification.digest, AT).await.expect(ANSWERS), None);
    assert!(!ports.credentials(estate.id()).await.user.is_verified);
}
