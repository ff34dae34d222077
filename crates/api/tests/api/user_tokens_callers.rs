//! Who gets to `user_tokens` (requirement S1), held against every endpoint.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::test::TestRequest;
use serde_json::json;
use tessera_api::Services;
use tessera_domain::{AccessToken, Digest};
use tessera_services::user_tokens::{MockUserTokenService, ServiceAccess};

use crate::support::{pair, post_json, send, services};

const GEN: &str = "/auth/token/gen-tokens/";
const REFRESH: &str = "/auth/token/refresh/";
const FOR_BOTH: [&str; 2] = ["/auth/token/validate-token/", "/auth/token/invalidate-tokens/"];

const BODY: &str = r#"{"id":1,"username":"bob","access":"a.b.c","refresh":"a.b.c"}"#;
const FRONTEND: &str = r#"{"id":1,"access":"a.b.c","is_frontend":true}"#;

/// Services that do whatever they are asked, for whom `access` admits.
fn for_whom(access: ServiceAccess) -> Services {
    let mut tokens = MockUserTokenService::new();
    tokens.expect_mint().returning(|_| Ok(pair()));
    tokens.expect_refresh().returning(|_, _| Ok(AccessToken::new("new.access")));
    tokens.expect_validate().returning(|_, _| Ok(()));
    tokens.expect_invalidate().returning(|_, _| Ok(()));
    Services { user_tokens: Arc::new(tokens), service_access: Arc::new(access), ..services() }
}

fn two_secrets() -> ServiceAccess {
    ServiceAccess::Secrets(vec![Digest::of(b"old"), Digest::of(b"new")])
}

/// A request that comes over the loopback interface.
fn local(path: &str, body: &str) -> TestRequest {
    post_json(path, body).peer_addr(SocketAddr::from(([127, 0, 0, 1], 50_000)))
}

async fn status(access: ServiceAccess, request: TestRequest) -> u16 {
    let answer = send(&for_whom(access), request).await;
    if answer.status == 401 {
        answer.is(401, &json!({"error": "Unauthorized request"}));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    answer.status.as_u16()
}

#[actix_web::test]
async fn each_of_the_two_secrets_opens_everything() {
    for secret in ["old", "new"] {
        let with = |path| post_json(path, BODY).insert_header(("X-Service-Secret", secret));
        assert_eq!(status(two_secrets(), with(GEN)).await, 201);
        for path in FOR_BOTH {
            assert_eq!(status(two_secrets(), with(path)).await, 200, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_wrong_secret_or_none_opens_nothing_from_anywhere() {
    for secret in [None, Some(""), Some("ol"), Some("old,new"), Some("OLD")] {
        for path in [GEN, FOR_BOTH[0], FOR_BOTH[1]] {
            let request = local(path, BODY);
            let request = match secret {
                Some(secret) => request.insert_header(("X-Service-Secret", secret)),
                None => request,
            };
            assert_eq!(status(two_secrets(), request).await, 401, "{path} {secret:?}");
        }
    }
    let twice = post_json(GEN, BODY).append_header(("X-Service-Secret", "old"));
    assert_eq!(status(two_secrets(), twice.append_header(("X-Service-Secret", "old"))).await, 401);
}

#[actix_web::test]
async fn nothing_of_the_body_is_judged_before() {
    for body in ["{}", r#"{"id":true}"#, "{", ""] {
        assert_eq!(status(two_secrets(), post_json(GEN, body)).await, 401, "{body}");
    }
    for path in FOR_BOTH {
        for body in ["", "{}", r#"{"id":true}"#, r#"{"is_frontend":false}"#, r#"{"is_frontend":1}"#] {
            assert_eq!(status(two_secrets(), post_json(path, body)).await, 401, "{path} {body}");
        }
        let incomplete = post_json(path, r#"{"is_frontend":true}"#);
        assert_eq!(status(two_secrets(), incomplete).await, 400, "{path}");
    }
}

#[actix_web::test]
async fn a_frontend_needs_no_secret_and_mints_nothing() {
    for access in [two_secrets(), ServiceAccess::Loopback, ServiceAccess::Nobody] {
        for path in FOR_BOTH {
            assert_eq!(status(access.clone(), post_json(path, FRONTEND)).await, 200, "{path}");
        }
        let minting = post_json(GEN, r#"{"id":1,"username":"bob","is_frontend":true}"#);
        assert_eq!(status(access.clone(), minting).await, 401);
        assert_eq!(status(access, post_json(REFRESH, BODY)).await, 200, "the token proves itself");
    }
    let form = TestRequest::post().uri(FOR_BOTH[0]).set_payload("id=1&access=a.b.c&is_frontend=true");
    let form = form.insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    assert_eq!(status(two_secrets(), form).await, 200);
}

#[actix_web::test]
async fn without_a_secret_it_is_this_machine_directly_or_nobody() {
    assert_eq!(status(ServiceAccess::Loopback, local(GEN, BODY)).await, 201);
    assert_eq!(status(ServiceAccess::Nobody, local(GEN, BODY)).await, 401);
    let elsewhere = post_json(GEN, BODY).peer_addr(SocketAddr::from(([192, 0, 2, 1], 50_000)));
    assert_eq!(status(ServiceAccess::Loopback, elsewhere).await, 401);
    assert_eq!(status(ServiceAccess::Loopback, post_json(GEN, BODY)).await, 401, "no peer is no proof");
    for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"] {
        for value in ["127.0.0.1", "for=127.0.0.1", ""] {
            let forwarded = local(GEN, BODY).insert_header((name, value));
            assert_eq!(status(ServiceAccess::Loopback, forwarded).await, 401, "{name}: {value}");
        }
    }
    let proxied =
        post_json(GEN, BODY).insert_header(("X-Forwarded-For", "x")).insert_header(("X-Service-Secret", "new"));
    assert_eq!(status(two_secrets(), proxied).await, 201, "a secret counts through a proxy, too");
}
