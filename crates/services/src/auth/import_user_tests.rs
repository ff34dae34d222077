//! What importing promises.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Email, ErrorKind, Identifier, PasswordHash, Timestamp, UserId};
use tessera_repositories::{InsertOutcome, MockUserRepository};

use crate::Outage;
use crate::auth::{AccountImport, ImportOutcome, ImportUser, foresee_import};
use crate::fixtures::{NOW, SameBytes, USER, away, clock, credentials, user};

const JOINED: Timestamp = Timestamp::from_unix_seconds(1_500_000_000);

fn ana() -> ImportUser {
    let user = user();
    ImportUser {
        id: None,
        email: user.email,
        username: user.username,
        full_name: None,
        password_hash: PasswordHash::from_encoded("a hash"),
        is_active: false,
        is_verified: true,
        is_staff: true,
        is_superuser: false,
        date_joined: Some(JOINED),
        last_login: Some(NOW),
        last_login_ip: None,
    }
}

async fn import(users: MockUserRepository, account: ImportUser) -> Result<ImportOutcome, Outage> {
    AccountImport { users: Arc::new(users), clock: clock(), secrets: Arc::new(SameBytes) }.import(account).await
}

#[tokio::test]
async fn everything_that_is_known_is_kept() {
    let mut users = MockUserRepository::new();
    users
        .expect_insert()
        .withf(|new| {
            let user = &new.user;
            let facts = (user.is_active, user.is_verified, user.is_staff, user.is_superuser);
            let times = (user.date_joined, user.updated_at, user.last_login);
            new.password_hash.expose() == "a hash"
                && facts == (false, true, true, false)
                && times == (JOINED, NOW, Some(NOW))
        })
        .times(1)
        .returning(|_| Ok(InsertOutcome::Inserted));
    assert_eq!(import(users, ana()).await.expect("no outage"), ImportOutcome::Imported);
}

#[tokio::test]
async fn a_new_id_is_as_old_as_the_account() {
    let mut users = MockUserRepository::new();
    users
        .expect_insert()
        .withf(|new| new.user.id == UserId::new(JOINED, [7; 10]))
        .times(1)
        .returning(|_| Ok(InsertOutcome::Inserted));
    assert_eq!(import(users, ana()).await.expect("no outage"), ImportOutcome::Imported);

    let mut users = MockUserRepository::new();
    users
        .expect_insert()
        .withf(|new| (new.user.id, new.user.date_joined) == (UserId::new(NOW, [7; 10]), NOW))
        .times(1)
        .returning(|_| Ok(InsertOutcome::Inserted));
    let unknown = ImportUser { date_joined: None, ..ana() };
    assert_eq!(import(users, unknown).await.expect("no outage"), ImportOutcome::Imported);
}

#[tokio::test]
async fn an_id_of_ours_is_kept() {
    let mut users = MockUserRepository::new();
    users.expect_find().times(1).returning(|_| Ok(None));
    users.expect_insert().withf(|new| new.user.id == USER).times(1).returning(|_| Ok(InsertOutcome::Inserted));
    let known = ImportUser { id: Some(USER), ..ana() };
    assert_eq!(import(users, known).await.expect("no outage"), ImportOutcome::Imported);
}

#[tokio::test]
async fn who_is_there_is_left_alone() {
    for (taken, expected) in [
        (InsertOutcome::Taken { email: true, username: true }, ImportOutcome::Present),
        (InsertOutcome::Taken { email: true, username: false }, ImportOutcome::Present),
        (InsertOutcome::Taken { email: false, username: true }, ImportOutcome::UsernameTaken),
    ] {
        let mut users = MockUserRepository::new();
        users.expect_insert().returning(move |_| Ok(taken));
        assert_eq!(import(users, ana()).await.expect("no outage"), expected);
    }
}

#[tokio::test]
async fn an_id_that_is_there_is_the_same_account_or_a_conflict() {
    let other = Email::parse("ben@example.com").expect("an address");
    for (email, expected) in [(user().email, ImportOutcome::Present), (other, ImportOutcome::IdTaken)] {
        let account = ImportUser { id: Some(USER), email, ..ana() };
        let knows_ana = || {
            let mut users = MockUserRepository::new();
            users.expect_find().returning(|_| Ok(Some(user())));
            users
        };
        assert_eq!(foresee_import(&knows_ana(), &account).await.expect("no outage"), expected);
        assert_eq!(import(knows_ana(), account).await.expect("no outage"), expected);
    }
}

#[tokio::test]
async fn what_would_happen_is_told_without_a_change() {
    let by_email = |identifier: &Identifier| matches!(identifier, Identifier::Email(_));
    for (has_email, has_username, expected) in [
        (false, false, ImportOutcome::Imported),
        (true, true, ImportOutcome::Present),
        (true, false, ImportOutcome::Present),
        (false, true, ImportOutcome::UsernameTaken),
    ] {
        let mut users = MockUserRepository::new();
        users.expect_find_credentials().returning(move |identifier| {
            let found = if by_email(identifier) { has_email } else { has_username };
            Ok(found.then(credentials))
        });
        assert_eq!(foresee_import(&users, &ana()).await.expect("no outage"), expected);
    }
}

#[tokio::test]
async fn a_storage_that_is_away_is_an_outage() {
    let mut users = MockUserRepository::new();
    users.expect_insert().returning(|_| Err(away()));
    users.expect_find_credentials().returning(|_| Err(away()));
    let foreseen = foresee_import(&users, &ana()).await.expect_err("away");
    let imported = import(users, ana()).await.expect_err("away");
    assert_eq!((foreseen.kind(), imported.kind()), (ErrorKind::Unavailable, ErrorKind::Unavailable));
    assert_eq!(imported.retry_after(), Duration::from_secs(1));
}

#[test]
fn an_account_shows_no_hash() {
    assert!(!format!("{:?}", ana()).contains("hash"));
}
