//! The docs in the browser: their files, and the way to them.

use std::sync::Arc;

use actix_web::test::TestRequest;
use tessera_api::Services;
use tessera_services::account::MockAccountService;
use tessera_services::health::{Health, MockHealthService};

use crate::support::{LOGIN, ana, bearer, get, key_set, post, send, services, with_accounts};

const BROWSER: (&str, &str) =
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8");

/// What Java's own HTTP client accepts unless it is told otherwise.
const JAVA: &str = "text/html, image/gif, image/jpeg, */*; q=0.2";

#[actix_web::test]
async fn the_page_comes_with_a_policy_that_lets_nothing_foreign_in() {
    for (path, media_type) in [
        ("/docs", "text/html"),
        ("/docs/", "text/html"),
        ("/docs/page.css", "text/css"),
        ("/docs/page.js", "text/javascript"),
    ] {
        let answer = send(&services(), get(path).insert_header(BROWSER)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").is_some_and(|found| found.starts_with(media_type)), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "{path} calls somebody else");
    }
}

#[actix_web::test]
async fn a_browser_that_opens_a_path_of_the_api_lands_on_its_description() {
    for (path, operation) in [
        (LOGIN, "users_login"),
        ("/api/v1/users/?limit=3", "users_list"),
        ("/api/auth/profile/", "accounts_profile"),
        ("/api/auth/profile/update", "accounts_replace_profile"),
        ("/token/create", "one_time_tokens_create"),
        ("/auth/token/refresh/", "user_tokens_refresh"),
        ("/api/request-token/", "request_token"),
        ("/api/", "service_api"),
        ("/admin/accounts", "administration_list"),
        ("/", "service_root"),
    ] {
        let answer = send(&services(), get(path).insert_header(BROWSER)).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("location"), Some(format!("/docs/#{operation}").as_str()), "{path}");
        assert_eq!(answer.header("vary"), Some("accept, authorization, sec-fetch-mode"), "{path}");
        assert!(
            crate::described::document().operations().any(|(.., found)| found["operationId"] == operation),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_program_never_notices_and_what_is_no_path_is_none_for_a_browser_either() {
    for accept in ["*/*", "application/json", "application/json, text/html", "text/html;q=0.4, */*;q=0.5", JAVA] {
        assert_eq!(send(&services(), get(LOGIN).insert_header(("Accept", accept))).await.status, 405, "{accept}");
    }
    assert_eq!(send(&services(), get(LOGIN)).await.status, 405);
    assert_eq!(send(&services(), post(LOGIN).insert_header(BROWSER)).await.status, 400);
    assert_eq!(send(&services(), get("/api/v1/nowhere").insert_header(BROWSER)).await.status, 404);
    for page in ["/admin/", "/openapi.json"] {
        assert_eq!(send(&services(), get(page).insert_header(BROWSER)).await.status, 200, "{page}");
    }
}

#[actix_web::test]
async fn what_programs_live_by_leads_nobody_away() {
    let services = || {
        let mut health = MockHealthService::new();
        health.expect_report().returning(|| Health { is_stopping: false, backends: Vec::new() });
        Services { keys: key_set(Vec::new()), health: Arc::new(health), ..services() }
    };
    for path in ["/.well-known/jwks.json", "/livez", "/readyz", "/api/health/", "/openapi.json"] {
        for accept in [BROWSER.1, JAVA] {
            for mode in [None, Some(("Sec-Fetch-Mode", "navigate"))] {
                let request = get(path).insert_header(("Accept", accept));
                let request = mode.into_iter().fold(request, TestRequest::insert_header);
                let answer = send(&services(), request).await;
                assert_eq!((answer.status.as_u16(), answer.header("vary")), (200, None), "{path}: {accept}, {mode:?}");
            }
        }
    }
}

#[actix_web::test]
async fn who_sends_a_token_is_no_browser_that_shows_a_page() {
    let mut accounts = MockAccountService::new();
    accounts.expect_find_profile().returning(|_| Ok(ana()));
    let request = get("/api/auth/profile/").insert_header(BROWSER).insert_header(bearer("good"));
    assert_eq!(send(&with_accounts(accounts), request).await.status, 200);
}
