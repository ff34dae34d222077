//! What a change of password promises.

use tessera_domain::{
    AccessToken, ActivityEvent, Credentials, ErrorKind, MailKind, PasswordProblem, RefreshToken, SecurityVersion,
    TokenPair, User,
};
use tessera_repositories::{Authority, MockAccountChangeRepository, PasswordChangeOutcome};

use super::fixtures::{
    NEW, NEXT_VERSION, OLD, Parts, assert_both_sessions_are_dead, caller, new_password, password, replaced,
};
use super::{AccountService as _, ChangePassword, ChangePasswordError};
use crate::fixtures::{LAST_EXPIRY, NOW, USER, away, client, credentials, mail, user};
use crate::ports::Verdict;
use crate::tokens::{MockTokenService, OpenSessionError};

fn command(new: &str, repeated: &str) -> ChangePassword {
    ChangePassword { caller: caller(), current: password(OLD), new: new_password(new, repeated), client: client() }
}

fn opens() -> MockTokenService {
    let mut tokens = MockTokenService::new();
    tokens
        .expect_open_session()
        .withf(|user_id, version, on| (*user_id, *version, on) == (USER, NEXT_VERSION, &client()))
        .times(1)
        .returning(|_, _, _| {
            Ok(TokenPair { access: AccessToken::new("access"), refresh: RefreshToken::new("refresh") })
        });
    tokens
}

fn answers(outcome: fn() -> PasswordChangeOutcome) -> MockAccountChangeRepository {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_change_password().times(1).returning(move |_| Ok(outcome()));
    changes
}

async fn refusal(parts: Parts, command: ChangePassword) -> ChangePasswordError {
    parts.assemble().change_password(command).await.expect_err("refused")
}

#[tokio::test]
async fn what_was_verified_is_replaced_and_everything_else_follows() {
    let mut changes = MockAccountChangeRepository::new();
    changes
        .expect_change_password()
        .withf(|change| {
            change.authority == Authority::Password { user_id: USER, version: SecurityVersion::from_number(3) }
                && change.password_hash.expose() == "hashed"
                && (change.at, change.revoke_until) == (NOW, LAST_EXPIRY)
                && change.notice == mail(MailKind::PasswordChanged, user().email)
        })
        .times(1)
        .returning(|_| Ok(replaced()));
    let parts = Parts { changes, tokens: opens(), ..Parts::default() };
    let parts = parts.knowing_the_password().hashing().forgetting().noting(ActivityEvent::PasswordChanged);
    let accounts = parts.assemble();
    let pair = accounts.change_password(command(NEW, NEW)).await.expect("changed");
    assert_eq!(pair.access.expose(), "access");
    assert_both_sessions_are_dead(&accounts).await;
}

#[tokio::test]
async fn the_old_password_may_be_the_new_one() {
    let parts = Parts { changes: answers(replaced), tokens: opens(), ..Parts::default() };
    let parts = parts.knowing_the_password().hashing().forgetting().noting(ActivityEvent::PasswordChanged);
    assert!(parts.assemble().change_password(command(OLD, OLD)).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_is_told_before_anything_that_is_wrong_with_the_new_one() {
    let parts = Parts::default().verifying(credentials(), Verdict::Wrong);
    let error = refusal(parts, command("password", "another one")).await;
    assert!(matches!(error, ChangePasswordError::WrongPassword), "{error}");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_unsuitable_password_is_not_hashed() {
    let weak = refusal(Parts::default().knowing_the_password(), command("password", "another one")).await;
    assert!(matches!(&weak, ChangePasswordError::Weak(problems) if *problems == [PasswordProblem::TooCommon]));
    let differ = refusal(Parts::default().knowing_the_password(), command(NEW, OLD)).await;
    assert!(matches!(differ, ChangePasswordError::Differ), "{differ}");
}

#[tokio::test]
async fn a_change_that_was_overtaken_by_another_did_not_know_the_password() {
    let parts = Parts { changes: answers(|| PasswordChangeOutcome::Refused), ..Parts::default() };
    let error = refusal(parts.knowing_the_password().hashing(), command(NEW, NEW)).await;
    assert!(matches!(error, ChangePasswordError::WrongPassword), "{error}");
}

#[tokio::test]
async fn a_disabled_account_changes_nothing() {
    let disabled = Credentials { user: User { is_active: false, ..user() }, ..credentials() };
    let parts = Parts::default().verifying(disabled, Verdict::Right { outdated: false });
    assert_eq!(refusal(parts, command(NEW, NEW)).await.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn who_was_overtaken_before_the_new_session_has_to_log_in() {
    let mut tokens = MockTokenService::new();
    tokens.expect_open_session().returning(|_, _, _| Err(OpenSessionError::Superseded));
    let parts = Parts { changes: answers(replaced), tokens, ..Parts::default() };
    let parts = parts.knowing_the_password().hashing().forgetting().noting(ActivityEvent::PasswordChanged);
    assert_eq!(refusal(parts, command(NEW, NEW)).await.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_storage_that_is_away_calls_no_password_wrong() {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_change_password().returning(|_| Err(away()));
    let parts = Parts { changes, ..Parts::default() }.knowing_the_password().hashing();
    assert_eq!(refusal(parts, command(NEW, NEW)).await.kind(), ErrorKind::Unavailable);
}
