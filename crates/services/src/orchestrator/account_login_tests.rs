//! A whole login on mocked storage.

use std::sync::Arc;

use tessera_domain::{
    AccessToken, ActivityEvent, Credentials, Email, ErrorKind, Identifier, PlainPassword, RefreshToken, TokenPair, User,
};
use tessera_repositories::{MockUserCache, MockUserRepository};

use super::{
    AccountLogin, AccountVerifier, ActiveAccounts, LoginGrant, LoginRequest, Orchestrator, OrchestratorService as _,
    SessionIssuer,
};
use crate::activity::ActivityRecorder;
use crate::auth::{PasswordVerifier, RememberedUsers};
use crate::fixtures::{NOW, USER, activity, any_activity, away, client, clock, credentials, no_activity};
use crate::limits::Unlimited;
use crate::ports::{MockPasswordHasher, Verdict};
use crate::tokens::{MockTokenService, OpenSessionError};

fn request() -> LoginRequest {
    LoginRequest {
        identifier: Some(Identifier::Email(Email::parse("ana@example.com").expect("an address"))),
        password: PlainPassword::parse("a long walk by the sea").expect("well-formed"),
        client: client(),
    }
}

fn right() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Ok(Verdict::Right { outdated: false }));
    hasher
}

fn finds(found: Credentials) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(move |_| Ok(Some(found.clone())));
    users
}

fn opens() -> MockTokenService {
    let mut tokens = MockTokenService::new();
    tokens.expect_open_session().withf(|_, _, on| *on == request().client).times(1).returning(|_, _, _| {
        Ok(TokenPair { access: AccessToken::new("access"), refresh: RefreshToken::new("refresh") })
    });
    tokens
}

async fn log_in(users: MockUserRepository, tokens: MockTokenService) -> Result<LoginGrant, ErrorKind> {
    orchestrator(users, right(), tokens, any_activity()).request_token(request()).await.map_err(|error| error.kind())
}

fn orchestrator(
    users: MockUserRepository,
    hasher: MockPasswordHasher,
    tokens: MockTokenService,
    activity: Arc<dyn ActivityRecorder>,
) -> Orchestrator<AccountLogin> {
    let users = Arc::new(users);
    let mut cache = MockUserCache::new();
    cache.expect_evict().withf(|id, version, _| *id == USER && *version == NOW).returning(|_, _, _| Err(away()));
    let remembered = RememberedUsers { users: users.clone(), cache: Arc::new(cache), clock: clock() };
    let (hasher, limiter) = (Arc::new(hasher), Arc::new(Unlimited));
    let passwords = PasswordVerifier { users: users.clone(), hasher, limiter };
    Orchestrator {
        verifier: Arc::new(AccountVerifier { passwords, activity: Arc::clone(&activity) }),
        policy: Arc::new(ActiveAccounts),
        issuer: Arc::new(SessionIssuer { tokens: Arc::new(tokens), users, remembered, activity, clock: clock() }),
    }
}

fn wrong() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Ok(Verdict::Wrong));
    hasher
}

#[tokio::test]
async fn notes_when_and_from_where() {
    let mut users = finds(credentials());
    users.expect_record_login().withf(|_, at, ip| *at == NOW && ip.is_some()).times(1).returning(|_, _, _| Ok(()));
    let grant = log_in(users, opens()).await.expect("logged in");
    assert_eq!((grant.user.last_login, grant.user.last_login_ip), (Some(NOW), request().client.ip));
}

#[tokio::test]
async fn the_owner_can_read_who_logged_in_and_who_tried_to() {
    let mut users = finds(credentials());
    users.expect_record_login().returning(|_, _, _| Ok(()));
    let login = orchestrator(users, right(), opens(), activity(ActivityEvent::LoggedIn));
    assert!(login.request_token(request()).await.is_ok());
    let noted = activity(ActivityEvent::LoginFailed);
    let login = orchestrator(finds(credentials()), wrong(), MockTokenService::new(), noted);
    assert!(login.request_token(request()).await.is_err());
}

#[tokio::test]
async fn nothing_is_noted_of_an_account_that_is_not_there() {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Ok(None));
    let login = orchestrator(users, wrong(), MockTokenService::new(), no_activity());
    assert!(login.request_token(request()).await.is_err());
}

#[tokio::test]
async fn a_disabled_account_is_answered_like_a_wrong_password() {
    let disabled = Credentials { user: User { is_active: false, ..credentials().user }, ..credentials() };
    assert_eq!(log_in(finds(disabled), MockTokenService::new()).await.err(), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_login_that_was_overtaken_by_a_change_is_wrong() {
    let mut tokens = MockTokenService::new();
    tokens.expect_open_session().returning(|_, _, _| Err(OpenSessionError::Superseded));
    assert_eq!(log_in(finds(credentials()), tokens).await.err(), Some(ErrorKind::Unauthenticated));
}

#[tokio::test]
async fn a_storage_that_fails_in_the_middle_is_an_outage() {
    let mut users = finds(credentials());
    users.expect_record_login().returning(|_, _, _| Err(away()));
    assert_eq!(log_in(users, opens()).await.err(), Some(ErrorKind::Unavailable));
}
