//! The contract `users`: the list of accounts (requirement A7).

use serde_json::json;
use tessera_api::Services;
use tessera_domain::{User, UserId};
use tessera_services::auth::{ListUsers, ListUsersError, MockAuthService, UserListing};

use crate::support::{ANAS_ID, USERS, ana, bearer, caller, get, outage, send, services, with_auth};

fn lists(expected: impl Fn(&ListUsers) -> bool + Send + 'static, listing: fn() -> UserListing) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_list_users().withf(expected).times(1).returning(move |_| Ok(listing()));
    with_auth(auth)
}

fn refuses(error: fn() -> ListUsersError) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_list_users().returning(move |_| Err(error()));
    with_auth(auth)
}

fn nobody() -> UserListing {
    UserListing { users: vec![], next_after: None, shows_email: false }
}

fn two() -> UserListing {
    let nameless = User { id: UserId::from_bytes([9; 16]), username: None, ..ana() };
    UserListing { users: vec![ana(), nameless], next_after: None, shows_email: false }
}

#[actix_web::test]
async fn everybody_sees_names_and_dates() {
    let expected = json!([
        {"id": ANAS_ID, "username": "Ana", "date_joined": "2024-01-01T00:00:00Z"},
        {"id": "09090909-0909-0909-0909-090909090909", "username": null, "date_joined": "2024-01-01T00:00:00Z"},
    ]);
    for path in [USERS, "/api/v1/users/"] {
        let services =
            lists(|query| query.viewer.is_none() && query.page.limit == 100 && query.page.after.is_none(), two);
        let answer = send(&services, get(path)).await;
        answer.is(200, &expected);
        assert_eq!((answer.header("link"), answer.header("cache-control")), (None, Some("no-store")));
    }
    send(&lists(|_| true, nobody), get(USERS)).await.is(200, &json!([]));
}

#[actix_web::test]
async fn who_may_see_addresses_sees_them() {
    let services = lists(
        |query| query.viewer == Some(caller()),
        || UserListing { users: vec![ana()], next_after: None, shows_email: true },
    );
    let answer = send(&services, get(USERS).insert_header(bearer("good"))).await;
    assert_eq!(answer.json()[0]["email"], "ana@example.com");
}

#[actix_web::test]
async fn an_authorization_that_does_not_count_changes_nothing() {
    for authorization in ["Bearer bad", "Basic YTpi", "Bearer", "nonsense"] {
        let request = get(USERS).insert_header(("Authorization", authorization));
        assert_eq!(send(&lists(|query| query.viewer.is_none(), two), request).await.status, 200, "{authorization}");
    }
    let unknowable = send(&services(), get(USERS).insert_header(bearer("unlucky"))).await;
    assert_eq!(unknowable.status, 503);
}

#[actix_web::test]
async fn a_page_links_to_the_next_one() {
    let first = || UserListing { next_after: Some(ana().id), ..two() };
    let answer = send(&lists(|query| query.page.limit == 2, first), get("/api/v1/users?limit=2")).await;
    let link = answer.header("link").expect("a link").to_owned();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a next page");
    assert!(next.starts_with("/api/v1/users?limit=2&cursor="), "{next}");
    let second = lists(|query| query.page.limit == 2 && query.page.after == Some(ana().id), nobody);
    send(&second, get(next)).await.is(200, &json!([]));
}

#[actix_web::test]
async fn a_limit_is_clamped_or_refused() {
    for limit in ["100", "101", "4294967296", "99999999999999999999999"] {
        let path = format!("{USERS}?limit={limit}");
        assert_eq!(send(&lists(|query| query.page.limit == 100, nobody), get(&path)).await.status, 200, "{limit}");
    }
    let limit = json!({"limit": ["Enter a whole number that is at least 1."]});
    for query in ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1&limit=1"] {
        send(&services(), get(&format!("{USERS}?{query}"))).await.is(400, &limit);
    }
    for query in ["cursor=x", "cursor=", "cursor=01010101-0101-0101-0101-010101010101"] {
        let answer = send(&services(), get(&format!("{USERS}?{query}"))).await;
        answer.is(400, &json!({"cursor": ["Invalid cursor"]}));
    }
}

#[actix_web::test]
async fn the_list_can_be_closed() {
    let closed = send(&refuses(|| ListUsersError::Unauthenticated), get(USERS)).await;
    closed.is(401, &json!({"message": "Invalid authorization header"}));
    assert_eq!(closed.header("www-authenticate"), Some("Bearer"));
    let staff_only = send(&refuses(|| ListUsersError::Forbidden), get(USERS).insert_header(bearer("good"))).await;
    staff_only.is(403, &json!({"message": "You do not have permission to perform this action."}));
    assert_eq!(send(&refuses(|| outage().into()), get(USERS)).await.status, 503);
}
