//! Disabling and enabling, and the one promise that is about every change.

use std::collections::BTreeSet;
use std::time::Duration;

use tessera_domain::{EndReason, OneTimePurpose, SecurityVersion, Timestamp, User, UserId};

use super::{ANSWERS, AT, AccountPorts};
use crate::contract::sample::{NOW, TICK, after, session, user_id, username};
use crate::{
    ActivationOutcome, Earlier, KeepOutcome, OpenOutcome, PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome,
};

impl AccountPorts {
    pub(super) async fn set_active(&self, id: UserId, is_active: bool, at: Timestamp) -> ActivationOutcome {
        let until = at.plus(Duration::from_mins(15));
        self.changes.set_active(id, is_active, at, until).await.expect(ANSWERS)
    }
}

/// Sessions, links, mails that would carry one, and what was verified before (requirement T6); nobody else's.
pub async fn disabling_ends_everything(ports: &AccountPorts) {
    let (estate, bystander) = (ports.estate(1).await, ports.estate(2).await);
    let ActivationOutcome::Set { user, mut ended } = ports.set_active(estate.id(), false, AT).await else {
        panic!("it is there");
    };
    ended.sort();
    assert_eq!(ended, estate.sessions.clone().map(|session| session.id));
    assert_eq!(user, User { is_active: false, updated_at: AT, ..estate.new.user.clone() });
    let stored = ports.credentials(estate.id()).await;
    assert_eq!((stored.user, stored.version), (user, SecurityVersion::FIRST.next()));
    assert_eq!(stored.password_hash, estate.new.password_hash, "the password stays");
    ports.assert_ended(&estate, AT, EndReason::Disabled).await;
    ports.assert_untouched(&bystander).await;
    let mut mails = BTreeSet::from([estate.news.id]);
    mails.extend(bystander.mails());
    assert_eq!(ports.waiting().await, mails);
    let again = ports.set_active(estate.id(), false, AT).await;
    assert!(matches!(again, ActivationOutcome::Set { ended, .. } if ended.is_empty()), "again is no error");
}

/// Not a session, not a link, not what was verified before. Whoever knows the password begins anew.
pub async fn enabling_gives_nothing_back(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    assert!(matches!(ports.set_active(estate.id(), false, AT).await, ActivationOutcome::Set { .. }));
    let version = ports.credentials(estate.id()).await.version;
    let late = session(90, estate.id());
    let open = async |version| ports.sessions.open(&late, version).await.expect(ANSWERS);
    assert_eq!(open(version).await, OpenOutcome::Superseded);

    let enabled = ports.set_active(estate.id(), true, AT.plus(TICK)).await;
    let user = User { updated_at: AT.plus(TICK), ..estate.new.user.clone() };
    assert_eq!(enabled, ActivationOutcome::Set { user: user.clone(), ended: Vec::new() });
    let stored = ports.credentials(estate.id()).await;
    assert_eq!((stored.user, stored.version), (user, version));
    ports.assert_ended(&estate, AT, EndReason::Disabled).await;
    assert_eq!(open(SecurityVersion::FIRST).await, OpenOutcome::Superseded);
    assert_eq!(open(version).await, OpenOutcome::Opened);
}

/// Whether its owner proved to be that before (invariant I2).
pub async fn a_disabled_account_is_given_no_token(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    assert!(matches!(ports.set_active(estate.id(), false, AT).await, ActivationOutcome::Set { .. }));
    ports.assert_given_no_token(&estate).await;
    assert!(matches!(ports.set_active(estate.id(), true, AT.plus(TICK)).await, ActivationOutcome::Set { .. }));
    ports.assert_links_ended(&estate).await;
    assert!(!ports.is_live(&estate.proof).await);
    let token = estate.new_link(90, OneTimePurpose::OneTime);
    assert_eq!(ports.links.insert(&token, Earlier::Keep).await.expect(ANSWERS), KeepOutcome::Kept);
}

/// And is not made by it.
pub async fn an_account_that_is_not_there_is_neither_enabled_nor_disabled(ports: &AccountPorts) {
    for is_active in [true, false] {
        assert_eq!(ports.set_active(user_id(1), is_active, AT).await, ActivationOutcome::Unknown);
        assert_eq!(ports.users.find(user_id(1)).await.expect(ANSWERS), None);
    }
}

/// Caches go by it: whatever is changed, and also where the clock stands still or went back meanwhile.
pub async fn no_version_of_an_account_is_used_twice(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let id = estate.id();
    let mut last = estate.new.user.updated_at;
    let mut advanced_to = async |at: Timestamp| {
        let version = ports.credentials(id).await.user.updated_at;
        assert_eq!(version, at.max(last.plus(TICK)), "after {last:?}");
        last = version;
    };
    let (early, late) = (NOW.minus(Duration::from_secs(5)), after(90));
    assert!(ports.changes.confirm_email(&estate.verification.digest, early).await.expect(ANSWERS).is_some());
    advanced_to(early).await;
    for at in [early, NOW, late, late, early] {
        let renamed = ProfileChange { username: Some(username("ana")), ..estate.profile_change(at) };
        assert!(matches!(ports.change_profile(&renamed).await, ProfileChangeOutcome::Changed(_)));
        advanced_to(at).await;
    }
    let change = estate.password_change(estate.password(), 1, early);
    assert!(matches!(ports.change_password(&change).await, PasswordChangeOutcome::Changed { .. }));
    advanced_to(early).await;
    for is_active in [false, true] {
        assert!(matches!(ports.set_active(id, is_active, early).await, ActivationOutcome::Set { .. }));
        advanced_to(early).await;
    }
}
