//! The administration console: its files, and how its endpoints answer.

use std::sync::Arc;

use serde_json::json;
use tessera_api::Services;
use tessera_domain::User;
use tessera_services::administration::{AccountPage, AdministrationError, MockAdministrationService, WhichAccounts};

use crate::support::{ANAS_ID, ana, bearer, get, outage, post_json, send, services};

const ACCOUNTS: &str = "/admin/accounts";
const DISABLE: &str = "/admin/accounts/disable";

fn with(administration: MockAdministrationService) -> Services {
    Services { administration: Arc::new(administration), ..services() }
}

#[actix_web::test]
async fn the_page_comes_with_a_policy_that_lets_nothing_foreign_in() {
    for (path, media_type) in [
        ("/admin", "text/html"),
        ("/admin/", "text/html"),
        ("/admin/page.css", "text/css"),
        ("/admin/page.js", "text/javascript"),
    ] {
        let answer = send(&services(), get(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").is_some_and(|found| found.starts_with(media_type)), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "{path} calls somebody else");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
}

#[actix_web::test]
async fn an_account_is_shown_with_everything_but_its_secrets() {
    let mut administration = MockAdministrationService::new();
    administration.expect_list_accounts().returning(|query| {
        assert!(matches!(query.which, WhichAccounts::Page(page) if page.limit == 1));
        Ok(AccountPage { users: vec![ana()], next_after: Some(ana().id) })
    });
    let answer = send(&with(administration), get("/admin/accounts?limit=1").insert_header(bearer("good"))).await;
    answer.is(
        200,
        &json!([{
            "id": ANAS_ID, "email": "ana@example.com", "username": "Ana", "full_name": null,
            "is_active": true, "is_verified": false, "is_staff": false, "is_superuser": false,
            "date_joined": "2024-01-01T00:00:00Z", "last_login": null, "last_login_ip": null,
        }]),
    );
    assert!(answer.header("link").is_some_and(|link| link.starts_with("</admin/accounts?limit=1&cursor=")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn a_name_is_an_address_or_a_username_and_what_is_neither_is_nobodys() {
    for (query, is_known) in [("ana%40example.com", true), ("Ana", true), ("a+b", false), ("%00", false), ("", false)] {
        let mut administration = MockAdministrationService::new();
        administration
            .expect_list_accounts()
            .withf(move |query| matches!(&query.which, WhichAccounts::Named(name) if name.is_some() == is_known))
            .returning(|_| Ok(AccountPage { users: Vec::new(), next_after: None }));
        let request = get(&format!("{ACCOUNTS}?name={query}")).insert_header(bearer("good"));
        send(&with(administration), request).await.is(200, &json!([]));
    }
}

#[actix_web::test]
async fn an_account_is_disabled_and_enabled() {
    for (path, active) in [(DISABLE, false), ("/admin/accounts/enable/", true)] {
        let mut administration = MockAdministrationService::new();
        administration
            .expect_set_active()
            .withf(move |_, id, asked| (*id, *asked) == (ana().id, active))
            .returning(|_, _, is_active| Ok(User { is_active, ..ana() }));
        let body = json!({"id": ANAS_ID}).to_string();
        let answer = send(&with(administration), post_json(path, &body).insert_header(bearer("good"))).await;
        assert_eq!((answer.status.as_u16(), answer.json()["is_active"].as_bool()), (200, Some(active)));
    }
}

#[actix_web::test]
async fn a_refusal_is_a_problem() {
    for (error, status) in [
        (AdministrationError::Forbidden, 403),
        (AdministrationError::Unknown, 404),
        (AdministrationError::Yourself, 409),
        (AdministrationError::Outage(outage()), 503),
    ] {
        let mut administration = MockAdministrationService::new();
        let error = std::sync::Mutex::new(Some(error));
        administration
            .expect_set_active()
            .returning(move |_, _, _| Err(error.lock().expect("alone").take().expect("once")));
        let body = json!({"id": ANAS_ID}).to_string();
        let request = post_json(DISABLE, &body).insert_header(bearer("good"));
        send(&with(administration), request).await.is_problem(status);
    }
    for body in [r#"{"id":"x"}"#, r#"{"id":1}"#, "{}", "{"] {
        send(&services(), post_json(DISABLE, body).insert_header(bearer("good"))).await.is_problem(400);
    }
    send(&services(), get("/admin/accounts?limit=0").insert_header(bearer("good"))).await.is_problem(400);
    send(&services(), get(ACCOUNTS)).await.is_problem(401);
    send(&services(), post_json(DISABLE, "{}").insert_header(bearer("bad"))).await.is_problem(401);
    send(&services(), get("/admin/nothing")).await.is_problem(404);
}
