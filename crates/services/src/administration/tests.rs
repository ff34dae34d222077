//! Who may do what with the accounts of others.

use std::sync::Arc;

use tessera_domain::{ErrorKind, Identifier, SessionId, TokenId, User, UserId};
use tessera_repositories::{
    ActivationOutcome, MockAccountChangeRepository, MockOneTimeTokenRepository, MockRevocationRepository,
    MockUserCache, MockUserRepository, UserPage, UserPageRequest,
};

use super::{Activation, Administration, AdministrationService as _, ListAccounts, WhichAccounts};
use crate::auth::RememberedUsers;
use crate::fixtures::{LAST_EXPIRY, LIFETIMES, NOW, SESSION, USER, away, clock, credentials, user};
use crate::tokens::{Caller, RevocationMirror};

const OTHER: UserId = UserId::from_bytes([5; 16]);
const THEIRS: SessionId = SessionId::from_bytes([6; 16]);

fn caller() -> Caller {
    Caller { user_id: USER, session_id: SESSION, token_id: TokenId::from_bytes([9; 16]), expires_at: NOW }
}

fn staff() -> User {
    User { is_staff: true, ..user() }
}

fn superuser() -> User {
    User { is_superuser: true, ..staff() }
}

fn other() -> User {
    User { id: OTHER, ..user() }
}

/// Accounts of which the caller is `me` and the other one `them`.
fn accounts(me: User, them: Option<User>) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_find().returning(move |id| Ok(if id == USER { Some(me.clone()) } else { them.clone() }));
    users
}

fn administration(users: MockUserRepository, changes: MockAccountChangeRepository) -> Administration {
    let users = Arc::new(users);
    let mut cache = MockUserCache::new();
    cache.expect_evict().returning(|_, _, _| Ok(()));
    let mut log = MockRevocationRepository::new();
    log.expect_is_revoked().returning(|_, _| Ok(false));
    let remembered = RememberedUsers { users: users.clone(), cache: Arc::new(cache), clock: clock() };
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens.expect_delete_for().returning(|_, _| Ok(()));
    let activation = Activation {
        users: users.clone(),
        changes: Arc::new(changes),
        one_time_tokens: Arc::new(tokens),
        remembered: remembered.clone(),
        revoked: Arc::new(RevocationMirror::new(Arc::new(log), clock())),
        clock: clock(),
        access_lifetime: LIFETIMES.access,
    };
    Administration { users, remembered, activation }
}

/// Disables the other account, as `me`.
async fn disable(me: User, them: Option<User>) -> Result<User, ErrorKind> {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_set_active().returning(|_, is_active, _, _| {
        Ok(ActivationOutcome::Set { user: User { is_active, ..other() }, ended: vec![THEIRS] })
    });
    administration(accounts(me, them), changes).set_active(&caller(), OTHER, false).await.map_err(|error| error.kind())
}

#[tokio::test]
async fn staff_shuts_out_ordinary_accounts_and_a_superuser_everybody() {
    assert!(!disable(staff(), Some(other())).await.expect("disabled").is_active);
    let colleague = User { is_staff: true, ..other() };
    assert_eq!(disable(staff(), Some(colleague.clone())).await, Err(ErrorKind::Forbidden));
    assert!(disable(superuser(), Some(colleague)).await.is_ok());
    assert_eq!(disable(user(), Some(other())).await, Err(ErrorKind::Forbidden));
    assert_eq!(disable(User { is_active: false, ..superuser() }, Some(other())).await, Err(ErrorKind::Forbidden));
    assert_eq!(disable(staff(), None).await, Err(ErrorKind::NotFound));
}

#[tokio::test]
async fn nobody_shuts_out_themselves() {
    let administration = administration(accounts(superuser(), None), MockAccountChangeRepository::new());
    let error = administration.set_active(&caller(), USER, false).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn what_was_ended_is_known_here_at_once_and_remembered_for_as_long_as_a_token_lives() {
    let mut changes = MockAccountChangeRepository::new();
    changes
        .expect_set_active()
        .withf(|id, active, at, until| (*id, *active, *at, *until) == (OTHER, false, NOW, LAST_EXPIRY))
        .times(1)
        .returning(|_, _, _, _| Ok(ActivationOutcome::Set { user: other(), ended: vec![THEIRS] }));
    let administration = administration(accounts(staff(), Some(other())), changes);
    administration.set_active(&caller(), OTHER, false).await.expect("disabled");
    assert!(administration.activation.revoked.is_revoked(THEIRS, NOW).await.expect("known"));
}

#[tokio::test]
async fn a_storage_that_is_away_is_no_refusal() {
    let mut users = MockUserRepository::new();
    users.expect_find().returning(|_| Err(away()));
    let administration = administration(users, MockAccountChangeRepository::new());
    let error = administration.set_active(&caller(), OTHER, true).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn only_staff_looks_at_accounts_by_page_or_by_name() {
    let page = WhichAccounts::Page(UserPageRequest { after: None, limit: 1 });
    let list = async |me: User, which: WhichAccounts| {
        let mut users = accounts(me, None);
        users.expect_list().returning(|_| Ok(UserPage { users: vec![other()], has_more: true }));
        users.expect_find_credentials().returning(|_| Ok(Some(credentials())));
        let administration = administration(users, MockAccountChangeRepository::new());
        let query = ListAccounts { caller: caller(), which };
        administration.list_accounts(query).await.map_err(|error| error.kind())
    };
    let listed = list(staff(), page.clone()).await.expect("a page");
    assert_eq!((listed.users.len(), listed.next_after), (1, Some(OTHER)));
    let name = Identifier::from_username("ana").expect("well-formed");
    let listed = list(staff(), WhichAccounts::Named(name)).await.expect("one");
    assert_eq!((listed.users.len(), listed.next_after), (1, None));
    assert!(list(staff(), WhichAccounts::Named(None)).await.expect("nobody").users.is_empty());
    assert_eq!(list(user(), page).await, Err(ErrorKind::Forbidden));
}
