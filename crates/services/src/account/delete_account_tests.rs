//! What the deletion of an account promises.

use mockall::Sequence;
use tessera_domain::{Credentials, ErrorKind, OneTimePurpose, SecurityVersion, User};
use tessera_repositories::{
    AccountDeletion, DeletionOutcome, MockAccountChangeRepository, MockOneTimeTokenRepository, RepositoryError,
};

use super::fixtures::{OLD, OTHER_SESSION, Parts, assert_both_sessions_are_dead, caller, changed, password};
use super::{AccountService as _, DeleteAccount, DeleteAccountError};
use crate::fixtures::{LAST_EXPIRY, NOW, SESSION, USER, away, client, credentials, user};
use crate::ports::Verdict;

fn command() -> DeleteAccount {
    DeleteAccount { caller: caller(), current_password: password(OLD), client: client() }
}

fn deleted() -> DeletionOutcome {
    DeletionOutcome::Deleted { user: changed(), ended: vec![SESSION, OTHER_SESSION] }
}

/// What was noted is written, and then the account is deleted under the version that was verified.
fn deleting(outcome: Result<DeletionOutcome, RepositoryError>) -> Parts {
    let mut order = Sequence::new();
    let mut parts = Parts::default();
    parts.activity.expect_settle().times(1).in_sequence(&mut order).return_const(());
    let expected =
        AccountDeletion { user_id: USER, version: SecurityVersion::from_number(3), at: NOW, revoke_until: LAST_EXPIRY };
    let mut changes = MockAccountChangeRepository::new();
    changes
        .expect_delete()
        .withf(move |deletion| *deletion == expected)
        .times(1)
        .in_sequence(&mut order)
        .return_once(move |_| outcome);
    Parts { changes, ..parts }.knowing_the_password()
}

fn forgetting_one_time_tokens(outcome: Result<(), RepositoryError>) -> MockOneTimeTokenRepository {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens
        .expect_delete_for()
        .withf(|id, purposes| *id == USER && purposes == [OneTimePurpose::OneTime])
        .times(1)
        .return_once(move |_, _| outcome);
    tokens
}

async fn refusal(parts: Parts) -> DeleteAccountError {
    parts.assemble().delete_account(command()).await.expect_err("refused")
}

#[tokio::test]
async fn what_was_verified_is_deleted_and_everything_else_follows() {
    for outcome in [Ok(()), Err(away())] {
        let one_time_tokens = forgetting_one_time_tokens(outcome);
        let accounts = Parts { one_time_tokens, ..deleting(Ok(deleted())) }.forgetting().assemble();
        accounts.delete_account(command()).await.expect("deleted, whatever becomes of what expires in seconds");
        assert_both_sessions_are_dead(&accounts).await;
    }
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing() {
    let error = refusal(Parts::default().verifying(credentials(), Verdict::Wrong)).await;
    assert!(matches!(error, DeleteAccountError::WrongPassword), "{error}");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_last_superuser_stays() {
    assert_eq!(refusal(deleting(Ok(DeletionOutcome::LastSuperuser))).await.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_disabled_account_and_one_that_changed_meanwhile_are_nobodys() {
    let disabled = Credentials { user: User { is_active: false, ..user() }, ..credentials() };
    let parts = Parts::default().verifying(disabled, Verdict::Right { outdated: false });
    assert_eq!(refusal(parts).await.kind(), ErrorKind::Unauthenticated);
    assert_eq!(refusal(deleting(Ok(DeletionOutcome::Superseded))).await.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_storage_that_is_away_calls_no_password_wrong() {
    assert_eq!(refusal(deleting(Err(away()))).await.kind(), ErrorKind::Unavailable);
}
