//! Requirements A1 and L1: an unknown account and a wrong password cannot be told apart, by the work either, and nobody may
//! be wrong more often than the limits allow.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Email, ErrorKind, Identifier, PasswordHash, PlainPassword};
use tessera_repositories::MockUserRepository;

use crate::auth::{PasswordVerifier, VerifyError};
use crate::fixtures::{USER, away, client, credentials, user};
use crate::limits::{Admission, Attempt, MockRateLimiter, TooManyAttempts, Unlimited};
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
    let verifier = PasswordVerifier { users: Arc::new(users), hasher: Arc::new(hasher), limiter: Arc::new(Unlimited) };
    let password = PlainPassword::parse("a long walk by the sea").expect("well-formed");
    verifier.verify(identifier.as_ref(), &password, &client()).await.map(|_| ())
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

/// A limiter that is asked about this account once, and is then told what it was.
fn limiter(is_given_back: bool) -> MockRateLimiter {
    let mut limiter = MockRateLimiter::new();
    limiter
        .expect_admit()
        .withf(|attempt, from| (attempt, from) == (&Attempt::Password(Some(ana())), &client()))
        .times(1)
        .returning(|_, _| Ok(Admission::default()));
    limiter.expect_forgive().times(usize::from(is_given_back)).returning(|_, _| ());
    limiter.expect_condemn().times(usize::from(!is_given_back)).returning(|_, _| Ok(()));
    limiter
}

fn ana() -> Identifier {
    Identifier::Email(user().email)
}

async fn verify_limited(
    limiter: MockRateLimiter,
    identifier: Identifier,
    hasher: MockPasswordHasher,
) -> Result<(), ErrorKind> {
    let limiter = Arc::new(limiter);
    let verifier = PasswordVerifier { users: Arc::new(knows_ana()), hasher: Arc::new(hasher), limiter };
    let password = PlainPassword::parse("a long walk by the sea").expect("well-formed");
    verifier.verify(Some(&identifier), &password, &client()).await.map(|_| ()).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_wrong_password_stays_counted() {
    let result = verify_limited(limiter(false), ana(), verdict(Verdict::Wrong)).await;
    assert_eq!(result, Err(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_right_password_does_not_and_an_outage_neither() {
    assert_eq!(verify_limited(limiter(true), ana(), verdict(Verdict::Right { outdated: false })).await, Ok(()));
    let mut busy = MockPasswordHasher::new();
    busy.expect_verify().returning(|_, _| Err(HashError::Busy { retry_after: Duration::from_secs(1) }));
    assert_eq!(verify_limited(limiter(true), ana(), busy).await, Err(ErrorKind::Unavailable));
}

#[tokio::test]
async fn who_is_asked_again_for_the_password_shares_the_counters_of_the_login() {
    let result = verify_limited(limiter(false), Identifier::Id(USER), verdict(Verdict::Wrong)).await;
    assert_eq!(result, Err(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn at_a_limit_no_password_is_compared() {
    let mut limiter = MockRateLimiter::new();
    let retry_after = Duration::from_secs(9);
    limiter.expect_admit().times(1).returning(move |_, _| Err(TooManyAttempts { retry_after }.into()));
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().never();
    assert_eq!(verify_limited(limiter, ana(), hasher).await, Err(ErrorKind::RateLimited));
}
