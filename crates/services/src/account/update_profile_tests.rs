//! What a change of profile promises.

use tessera_domain::{ActivityEvent, ErrorKind, FullName, MailKind, SecurityVersion, User, Username};
use tessera_repositories::{MockAccountChangeRepository, MockUserRepository, ProfileChange, ProfileChangeOutcome};

use super::fixtures::{OLD, Parts, address, caller, changed, password};
use super::{AccountService as _, UpdateProfile, UpdateProfileError};
use crate::fixtures::{NOW, USER, away, client, credentials, mail, user};
use crate::ports::Verdict;

fn nothing() -> UpdateProfile {
    UpdateProfile {
        caller: caller(),
        full_name: None,
        username: None,
        email: None,
        current_password: None,
        client: client(),
    }
}

fn name(text: &str) -> FullName {
    FullName::parse(text).expect("a name")
}

fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

fn moving() -> UpdateProfile {
    let (email, current_password) = (Some(address("new@example.com")), Some(password(OLD)));
    UpdateProfile { email, current_password, ..nothing() }
}

/// The account is there.
fn found(owner: Option<User>) -> Parts {
    let mut users = MockUserRepository::new();
    users.expect_find().times(1).returning(move |_| Ok(owner.clone()));
    Parts { users, ..Parts::default() }
}

fn changing(
    expected: impl Fn(&ProfileChange) -> bool + Send + 'static,
    outcome: ProfileChangeOutcome,
) -> MockAccountChangeRepository {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_change_profile().withf(expected).times(1).return_once(move |_| Ok(outcome));
    changes
}

async fn refusal(parts: Parts, command: UpdateProfile) -> UpdateProfileError {
    parts.assemble().update_profile(command).await.expect_err("refused")
}

#[tokio::test]
async fn names_change_without_a_password() {
    let expected = |change: &ProfileChange| {
        (change.user_id, change.at) == (USER, NOW)
            && change.full_name == Some(name("Ana López"))
            && change.username.is_none()
            && change.email.is_none()
    };
    let changes = changing(expected, ProfileChangeOutcome::Changed(changed()));
    let parts = Parts { changes, ..found(Some(user())) }.forgetting().noting(ActivityEvent::ProfileChanged);
    // The username is the one it has.
    let command = UpdateProfile { full_name: Some(name("Ana López")), username: Some(username("ana")), ..nothing() };
    assert_eq!(parts.assemble().update_profile(command).await.expect("changed"), changed());
}

#[tokio::test]
async fn a_username_may_change_its_capitals() {
    let expected = |change: &ProfileChange| change.username.as_ref().is_some_and(|name| name.as_str() == "Ana");
    let changes = changing(expected, ProfileChangeOutcome::Changed(changed()));
    let parts = Parts { changes, ..found(Some(user())) }.forgetting().noting(ActivityEvent::ProfileChanged);
    let command = UpdateProfile { username: Some(username("Ana")), ..nothing() };
    parts.assemble().update_profile(command).await.expect("changed");
}

#[tokio::test]
async fn what_is_the_same_already_is_no_change_and_needs_no_password() {
    let same = UpdateProfile { email: Some(address("ANA@Example.com")), username: Some(username("ana")), ..nothing() };
    for command in [same, nothing()] {
        let accounts = found(Some(user())).assemble();
        assert_eq!(accounts.update_profile(command).await.expect("nothing to do"), user());
    }
}

#[tokio::test]
async fn a_new_address_takes_the_password_and_both_addresses_are_told() {
    let expected = |change: &ProfileChange| {
        let told =
            [mail(MailKind::EmailChanged, user().email), mail(MailKind::EmailConfirmation, address("new@example.com"))];
        change.email.as_ref().is_some_and(|change| {
            change.email == address("new@example.com")
                && change.version == SecurityVersion::from_number(3)
                && change.mails == told
        })
    };
    let changes = changing(expected, ProfileChangeOutcome::Changed(changed()));
    let parts = Parts { changes, ..found(Some(user())) }.knowing_the_password();
    let parts = parts.forgetting().noting(ActivityEvent::ProfileChanged);
    parts.assemble().update_profile(moving()).await.expect("changed");
}

#[tokio::test]
async fn without_the_password_there_is_no_new_address() {
    let missing = UpdateProfile { current_password: None, ..moving() };
    let error = refusal(found(Some(user())), missing).await;
    assert!(matches!(error, UpdateProfileError::PasswordMissing), "{error}");
    let error = refusal(found(Some(user())).verifying(credentials(), Verdict::Wrong), moving()).await;
    assert!(matches!(error, UpdateProfileError::WrongPassword), "{error}");
}

#[tokio::test]
async fn what_another_account_has_is_named() {
    let taken = ProfileChangeOutcome::Taken { email: true, username: false };
    let parts = Parts { changes: changing(|_| true, taken), ..found(Some(user())) }.knowing_the_password();
    let error = refusal(parts, moving()).await;
    assert!(matches!(error, UpdateProfileError::Taken { email: true, username: false }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn whose_account_is_gone_disabled_or_changed_meanwhile_is_not_its_owner() {
    let names = || UpdateProfile { full_name: Some(name("Ana")), ..nothing() };
    for owner in [None, Some(User { is_active: false, ..user() })] {
        assert_eq!(refusal(found(owner), names()).await.kind(), ErrorKind::Unauthenticated);
    }
    let superseded = changing(|_| true, ProfileChangeOutcome::Superseded);
    let error = refusal(Parts { changes: superseded, ..found(Some(user())) }, names()).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_storage_that_is_away_is_no_verdict() {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_change_profile().returning(|_| Err(away()));
    let command = UpdateProfile { full_name: Some(name("Ana")), ..nothing() };
    let error = refusal(Parts { changes, ..found(Some(user())) }, command).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
