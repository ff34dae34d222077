//! Paths and methods: both slash forms, 404 and 405 in the shape of whoever owns the path.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;
use tessera_api::Services;
use tessera_services::health::{Health, MockHealthService};

use crate::support::{CREATE, LOGIN, LOGOUT, REFRESH, REQUEST_TOKEN, USERS, get, key_set, post, send, services};

const POSTS: [&str; 7] = [CREATE, LOGIN, REFRESH, LOGOUT, REQUEST_TOKEN, "/api/account/create", "/api/login"];
const GETS: [&str; 6] = [USERS, "/livez", "/readyz", "/api/health", "/api", "/.well-known/jwks.json"];

fn request(method: &str, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(Method::from_bytes(method.as_bytes()).expect("a method"))
}

fn both(path: &str) -> [String; 2] {
    [path.to_owned(), format!("{path}/")]
}

#[actix_web::test]
async fn every_path_knows_its_methods_in_both_forms() {
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get", "GETS"] {
        for (path, allow) in POSTS.map(|path| (path, "POST")).into_iter().chain(GETS.map(|path| (path, "GET, HEAD"))) {
            for path in both(path) {
                let answer = send(&services(), request(method, &path)).await;
                assert_eq!(answer.status, 405, "{method} {path}");
                assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
            }
        }
    }
    for path in POSTS.iter().flat_map(|path| both(path)) {
        for method in ["GET", "HEAD"] {
            assert_eq!(send(&services(), request(method, &path)).await.status, 405, "{method} {path}");
        }
    }
    assert_eq!(send(&services(), request("POST", "/")).await.header("allow"), Some("GET, HEAD"));
}

#[actix_web::test]
async fn both_slash_forms_answer_directly() {
    for path in POSTS.iter().flat_map(|path| both(path)) {
        let status = send(&services(), post(&path)).await.status.as_u16();
        assert!([400, 401].contains(&status), "{path}: {status}");
    }
    for path in ["/", "/api", "/api/"] {
        send(&services(), get(path))
            .await
            .is(
                200,
                &json!({
                    "docs": "/docs/", "document": "/openapi.json", "users": "/api/v1/users", "health": "/api/health/", "keys": "/.well-known/jwks.json", "admin": "/admin/",
                }),
            );
    }
}

#[actix_web::test]
async fn head_is_answered_like_get() {
    let mut health = MockHealthService::new();
    health.expect_report().returning(|| Health { is_stopping: false, backends: Vec::new() });
    let services = Services { health: Arc::new(health), keys: key_set(Vec::new()), ..services() };
    for path in ["/", "/api/", "/livez", "/readyz", "/api/health/", "/.well-known/jwks.json"] {
        let (got, head) = (send(&services, get(path)).await, send(&services, request("HEAD", path)).await);
        assert_eq!((got.status.as_u16(), head.status.as_u16()), (200, 200), "{path}");
        assert_eq!(got.header("content-type"), head.header("content-type"));
    }
}

#[actix_web::test]
async fn nothing_is_found_in_the_words_of_the_owner() {
    for path in
        ["/api/v1/", "/api/v1/nothing", "/api/v1/user/create/x", "/api/account/", "/api/login/x", "/api/v1//users"]
    {
        send(&services(), get(path)).await.is(404, &json!({"message": "Not found."}));
    }
    for path in [
        "/nothing",
        "/api/v1",
        "/api/nothing",
        "/api/loginx",
        "/api/request-token/x",
        "/admin/nothing",
        "/%ff",
        "/livez/x",
    ] {
        send(&services(), get(path)).await.is_problem(404);
        send(&services(), post(path)).await.is_problem(404);
    }
}

#[actix_web::test]
async fn a_wrong_method_is_refused_in_the_words_of_the_owner() {
    send(&services(), get(CREATE)).await.is(405, &json!({"message": "Method not allowed."}));
    send(&services(), get("/api/login/")).await.is(405, &json!({"message": "Method not allowed."}));
    send(&services(), get(REQUEST_TOKEN)).await.is(405, &json!({"detail": "Method not allowed."}));
    send(&services(), post("/livez")).await.is_problem(405);
}
