//! Who may see what of the list of accounts.

use std::sync::Arc;

use tessera_domain::{ErrorKind, TokenId, User};
use tessera_repositories::{MockMailOutboxRepository, MockUserCache, MockUserRepository, UserPage, UserPageRequest};

use crate::auth::{Accounts, AuthService as _, ListUsers, ListVisibility, RememberedUsers, UserListing};
use crate::fixtures::{NOW, SESSION, SameBytes, USER, away, broken, clock, mails, no_activity, user};
use crate::limits::Unlimited;
use crate::ports::MockPasswordHasher;
use crate::tokens::Caller;

const PAGE: UserPageRequest = UserPageRequest { after: None, limit: 10 };

fn caller() -> Caller {
    Caller { user_id: USER, session_id: SESSION, token_id: TokenId::from_bytes([9; 16]), expires_at: NOW }
}

/// The list as `viewer` sees it; the cache is empty and takes nothing.
async fn list(visibility: ListVisibility, viewer: Option<User>) -> Result<UserListing, ErrorKind> {
    let mut users = MockUserRepository::new();
    let is_known = viewer.is_some();
    users.expect_find().returning(move |_| Ok(viewer.clone()));
    users.expect_list().returning(|_| Ok(UserPage { users: vec![user()], has_more: true }));
    let mut cache = MockUserCache::new();
    cache.expect_find().returning(|_, _| Ok(None));
    cache.expect_put().returning(|_, _| Err(away()));
    let query = ListUsers { viewer: is_known.then(caller), page: PAGE };
    accounts(users, cache, visibility).list_users(query).await.map_err(|error| error.kind())
}

fn accounts(users: MockUserRepository, cache: MockUserCache, list_visibility: ListVisibility) -> Accounts {
    let users = Arc::new(users);
    Accounts {
        users: users.clone(),
        remembered: RememberedUsers { users, cache: Arc::new(cache), clock: clock() },
        hasher: Arc::new(MockPasswordHasher::new()),
        mails: mails(MockMailOutboxRepository::new()),
        limiter: Arc::new(Unlimited),
        activity: no_activity(),
        clock: clock(),
        secrets: Arc::new(SameBytes),
        list_visibility,
    }
}

fn staff() -> User {
    User { is_staff: true, ..user() }
}

fn disabled_staff() -> User {
    User { is_active: false, ..staff() }
}

#[tokio::test]
async fn everybody_sees_a_public_list_and_staff_sees_addresses() {
    for (viewer, shows_email) in
        [(None, false), (Some(user()), false), (Some(staff()), true), (Some(disabled_staff()), false)]
    {
        let page = list(ListVisibility::Public, viewer).await.expect("public");
        assert_eq!((page.shows_email, page.next_after), (shows_email, Some(USER)));
    }
}

#[tokio::test]
async fn a_closed_list_is_closed() {
    use ListVisibility::{Authenticated, Staff};
    assert_eq!(list(Authenticated, None).await, Err(ErrorKind::Unauthenticated));
    assert!(list(Authenticated, Some(user())).await.is_ok());
    assert_eq!(list(Authenticated, Some(disabled_staff())).await, Err(ErrorKind::Unauthenticated));
    assert_eq!(list(Staff, None).await, Err(ErrorKind::Unauthenticated));
    assert_eq!(list(Staff, Some(user())).await, Err(ErrorKind::Forbidden));
    assert!(list(Staff, Some(staff())).await.is_ok());
}

#[tokio::test]
async fn a_broken_storage_is_no_empty_list() {
    let mut cache = MockUserCache::new();
    cache.expect_find().returning(|_, _| Ok(Some(staff())));
    let mut users = MockUserRepository::new();
    users.expect_list().returning(|_| Err(broken()));
    let query = ListUsers { viewer: Some(caller()), page: PAGE };
    let error = accounts(users, cache, ListVisibility::Staff).list_users(query).await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::Internal);
}
