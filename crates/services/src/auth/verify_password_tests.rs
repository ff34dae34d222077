//! Requirement A1: an unknown account and a wrong password cannot be told apart, by the work either.

use std::sync::Arc;

use tessera_domain::{Email, ErrorKind, Identifier, PasswordHash, PlainPassword};
use tessera_repositories::MockUserRepository;

use crate::auth::{PasswordVerifier, VerifyError};
use crate::fixtures::{USER, away, credentials};
use crate::ports::{HashError, MockPasswordHasher, Verdict};

async fn verify(users: MockUserRepository, hasher: MockPasswordHasher) -> Result<(), ErrorKind> {
    let identifier = Identifier::Email(Email::parse("ana@example.com").expect("an address"));
    verify_as(Some(identifier), users, hasher).await
}

async fn verify_as(
    identifier: Option<Identifier>,
    users: MockUserRepository,
    hasher: MockPasswordHasher,
) -> Result<(), ErrorKind> {
    attempt(identifier, users, hasher).await.map_err(|error| error.kind())
}

async fn attempt(
    identifier: Option<Identifier>,
    users: MockUserRepository,
    hasher: MockPasswordHasher,
) -> Result<(), VerifyError> {
    let verifier = PasswordVerifier { users: Arc::new(users), hasher: Arc::new(hasher) };
    let password = PlainPassword::parse("a long walk by the sea").expect("well-formed");
    verifier.verify(identifier.as_ref(), &password).await.map(|_| ())
}

fn knows_ana() -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Ok(Some(credentials())));
    users
}

fn verdict(verdict: Verdict) -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().times(1).returning(move |_, _| Ok(verdict));
    hasher
}

#[tokio::test]
async fn the_hasher_works_for_an_unknown_account_too() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Ok(None));
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().withf(|_, hash| hash.is_none()).times(1).returning(|_, _| Ok(Verdict::Wrong));
    assert_eq!(verify(users, hasher).await, Err(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn an_unknown_account_is_never_right() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Ok(None));
    assert_eq!(verify(users, verdict(Verdict::Right { outdated: true })).await, Err(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_wrong_password_has_the_same_answer() {
    assert_eq!(verify(knows_ana(), verdict(Verdict::Wrong)).await, Err(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn whose_password_was_tried_is_known_to_the_service_and_shown_to_nobody() {
    let error = attempt(Some(Identifier::Id(USER)), knows_ana(), verdict(Verdict::Wrong)).await.expect_err("wrong");
    assert!(matches!(error, VerifyError::Wrong { owner: Some(USER) }), "{error:?}");
    let nobody = attempt(None, MockUserRepository::new(), verdict(Verdict::Wrong)).await.expect_err("wrong");
    assert_eq!(error.to_string(), nobody.to_string());
}

#[tokio::test]
async fn what_is_away_is_not_a_wrong_password() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Err(away()));
    assert_eq!(verify(users, MockPasswordHasher::new()).await, Err(ErrorKind::Unavailable));

    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Err(HashError::Failed));
    assert_eq!(verify(knows_ana(), hasher).await, Err(ErrorKind::Internal));
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_if_it_is_still_the_same() {
    let mut users = knows_ana();
    users
        .expect_upgrade_hash()
        .withf(|id, expected, better| *id == USER && expected.expose() == "a hash" && better.expose() == "better")
        .times(1)
        .returning(|_, _, _| Ok(true));
    let mut hasher = verdict(Verdict::Right { outdated: true });
    hasher.expect_hash().times(1).returning(|_| Ok(PasswordHash::from_encoded("better")));
    assert_eq!(verify(users, hasher).await, Ok(()));
}

#[tokio::test]
async fn an_upgrade_that_fails_fails_no_login() {
    let mut users = knows_ana();
    users.expect_upgrade_hash().times(1).returning(|_, _, _| Err(away()));
    let mut hasher = verdict(Verdict::Right { outdated: true });
    hasher.expect_hash().returning(|_| Ok(PasswordHash::from_encoded("better")));
    assert_eq!(verify(users, hasher).await, Ok(()));
}

#[tokio::test]
async fn a_name_that_can_be_nobodys_costs_the_same_work() {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().withf(|_, hash| hash.is_none()).times(1).returning(|_, _| Ok(Verdict::Wrong));
    assert_eq!(verify_as(None, MockUserRepository::new(), hasher).await, Err(ErrorKind::Unauthenticated));
}
