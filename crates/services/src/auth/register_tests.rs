//! What registering promises.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{
    ActivityEvent, Email, ErrorKind, MailKind, PasswordHash, PasswordProblem, PlainPassword, Privileges,
};
use tessera_repositories::{InsertOutcome, MockMailOutboxRepository, MockUserCache, MockUserRepository};

use crate::activity::MockActivityRecorder;
use crate::auth::{Accounts, AuthService as _, ListVisibility, RegisterError, RegisterUser, RememberedUsers};
use crate::fixtures::{NOW, SameBytes, any_activity, away, client, clock, mail, mails};
use crate::limits::{MockRateLimiter, TooManyAttempts, Unlimited};
use crate::ports::{HashError, MockPasswordHasher};

fn accounts(users: MockUserRepository, hasher: MockPasswordHasher) -> Accounts {
    with_outbox(users, hasher, MockMailOutboxRepository::new())
}

fn with_outbox(users: MockUserRepository, hasher: MockPasswordHasher, outbox: MockMailOutboxRepository) -> Accounts {
    let users = Arc::new(users);
    Accounts {
        users: users.clone(),
        remembered: RememberedUsers { users, cache: Arc::new(MockUserCache::new()), clock: clock() },
        hasher: Arc::new(hasher),
        mails: mails(outbox),
        limiter: Arc::new(Unlimited),
        activity: any_activity(),
        clock: clock(),
        secrets: Arc::new(SameBytes),
        list_visibility: ListVisibility::Public,
    }
}

fn command(password: &str) -> RegisterUser {
    RegisterUser {
        email: Email::parse("ana@example.com").expect("an address"),
        username: None,
        full_name: None,
        password: PlainPassword::parse(password).expect("well-formed"),
        privileges: Privileges::None,
        client: client(),
    }
}

#[tokio::test]
async fn at_a_limit_nothing_is_hashed() {
    let mut limiter = MockRateLimiter::new();
    let retry_after = Duration::from_secs(9);
    limiter.expect_admit().times(1).returning(move |_, _| Err(TooManyAttempts { retry_after }.into()));
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_hash().never();
    let accounts = Accounts { limiter: Arc::new(limiter), ..accounts(MockUserRepository::new(), hasher) };
    // A password that is refused anyway is not counted.
    let weak = accounts.register(command("password")).await.expect_err("weak");
    assert_eq!(weak.kind(), ErrorKind::InvalidInput);
    let refused = accounts.register(command("a long walk by the sea")).await.expect_err("at the limit");
    assert_eq!(refused.kind(), ErrorKind::RateLimited);
}

fn hashes() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_hash().returning(|_| Ok(PasswordHash::from_encoded("hashed")));
    hasher
}

#[tokio::test]
async fn stores_the_hash_and_an_ordinary_account() {
    let mut users = MockUserRepository::new();
    users
        .expect_insert()
        .withf(|new| {
            let user = &new.user;
            new.password_hash.expose() == "hashed" && user.is_active && !user.is_staff && !user.is_superuser
        })
        .times(1)
        .returning(|_| Ok(InsertOutcome::Inserted));
    let mut outbox = MockMailOutboxRepository::new();
    let confirmation = mail(MailKind::EmailConfirmation, command("x").email);
    outbox.expect_insert().withf(move |queued| *queued == confirmation).times(1).returning(|_| Ok(()));
    let accounts = with_outbox(users, hashes(), outbox);
    let user = accounts.register(command("a long walk by the sea")).await.expect("registered");
    assert_eq!((user.date_joined, user.is_verified), (NOW, false));
}

#[tokio::test]
async fn a_new_account_is_noted_and_needs_no_mail_to_exist() {
    let mut users = MockUserRepository::new();
    users.expect_insert().returning(|_| Ok(InsertOutcome::Inserted));
    let mut outbox = MockMailOutboxRepository::new();
    outbox.expect_insert().times(1).returning(|_| Err(away()));
    let mut activity = MockActivityRecorder::new();
    activity
        .expect_record()
        .withf(|_, event, from| (*event, from) == (ActivityEvent::Registered, &client()))
        .times(1)
        .return_const(());
    let accounts = Accounts { activity: Arc::new(activity), ..with_outbox(users, hashes(), outbox) };
    assert!(accounts.register(command("a long walk by the sea")).await.is_ok());
}

#[tokio::test]
async fn a_weak_password_costs_no_hash_and_no_row() {
    let error = accounts(MockUserRepository::new(), MockPasswordHasher::new())
        .register(command("password"))
        .await
        .expect_err("refused");
    assert!(matches!(&error, RegisterError::WeakPassword(problems) if *problems == [PasswordProblem::TooCommon]));
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn says_which_of_the_two_is_taken() {
    let mut users = MockUserRepository::new();
    users.expect_insert().returning(|_| Ok(InsertOutcome::Taken { email: true, username: false }));
    let error = accounts(users, hashes()).register(command("a long walk by the sea")).await.expect_err("taken");
    assert!(matches!(error, RegisterError::Taken { email: true, username: false }));
}

#[tokio::test]
async fn a_full_queue_and_a_storage_that_is_away_are_outages() {
    let mut hasher = MockPasswordHasher::new();
    let retry_after = std::time::Duration::from_secs(2);
    hasher.expect_hash().returning(move |_| Err(HashError::Busy { retry_after }));
    let error = accounts(MockUserRepository::new(), hasher).register(command("a long walk by the sea")).await;
    assert_eq!(error.expect_err("busy").kind(), ErrorKind::Unavailable);

    let mut users = MockUserRepository::new();
    users.expect_insert().returning(|_| Err(away()));
    let error = accounts(users, hashes()).register(command("a long walk by the sea")).await;
    assert_eq!(error.expect_err("away").kind(), ErrorKind::Unavailable);
}

#[test]
fn a_command_shows_no_password() {
    let text = format!("{:?}", command("a long walk by the sea"));
    assert!(!text.contains("walk") && !text.contains("ana"), "{text}");
}
