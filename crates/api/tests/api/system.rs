//! What belongs to no contract.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tessera_api::Services;
use tessera_domain::{Algorithm, KeyId};
use tessera_services::health::{BackendHealth, Health, MockHealthService};
use tessera_services::ports::PublicKey;
use tessera_services::signing_keys::{KeySet, MockKeySetService};

use crate::support::{get, key_set, send, services};

/// A database that is needed, and the others that are not.
fn backends(states: &'static [(&'static str, bool)]) -> Services {
    let backend = |(name, is_up): &(&'static str, bool)| BackendHealth {
        name,
        is_needed: *name != "redis",
        is_up: *is_up,
        concern: None,
        latency: Duration::from_micros(3_900),
    };
    reporting(Health { is_stopping: false, backends: states.iter().map(backend).collect() })
}

fn reporting(health: Health) -> Services {
    let mut service = MockHealthService::new();
    service.expect_report().returning(move || health.clone());
    Services { health: Arc::new(service), ..services() }
}

fn keys(published: Vec<PublicKey>) -> Services {
    Services { keys: key_set(published), ..services() }
}

fn key(algorithm: Algorithm, point: Vec<u8>) -> PublicKey {
    PublicKey { id: KeyId::parse("key-1").expect("a key id"), algorithm, point }
}

#[actix_web::test]
async fn health_names_every_backend() {
    let well = send(&backends(&[("sqlite", true)]), get("/api/health/")).await;
    well.is(200, &json!({"status": "ok", "backends": {"sqlite": {"status": "ok", "latency_ms": 3.9}}}));
    let ill = send(&backends(&[("postgres", false), ("redis", true)]), get("/api/health")).await;
    let postgres = json!({"status": "down", "latency_ms": 3.9});
    let redis = json!({"status": "ok", "latency_ms": 3.9});
    ill.is(503, &json!({"status": "degraded", "backends": {"postgres": postgres, "redis": redis}}));
    assert!(ill.header("retry-after").is_some());
}

/// It would be away for every instance, and most requests do not need it.
#[actix_web::test]
async fn a_backend_that_is_not_needed_takes_nobody_out_of_service() {
    let services = backends(&[("postgres", true), ("redis", false)]);
    let redis = json!({"status": "down", "latency_ms": 3.9});
    let postgres = json!({"status": "ok", "latency_ms": 3.9});
    let mut report = json!({"status": "degraded", "backends": {"postgres": postgres, "redis": redis}});
    send(&services, get("/api/health/")).await.is(200, &report);
    report["concerns"] = json!({"redis": "does not answer"});
    send(&services, get("/readyz")).await.is(200, &report);
}

#[actix_web::test]
async fn what_an_operator_should_change_is_told() {
    let forgetful = BackendHealth {
        name: "redis",
        is_needed: false,
        is_up: true,
        concern: Some("forgets".to_owned()),
        latency: Duration::from_micros(3_900),
    };
    let services = reporting(Health { is_stopping: false, backends: vec![forgetful] });
    let concerns = json!({"redis": "forgets"});
    let backends = json!({"redis": {"status": "ok", "latency_ms": 3.9}});
    let report = json!({"status": "ok", "concerns": concerns, "backends": backends});
    send(&services, get("/readyz")).await.is(200, &report);
    let redis = json!({"status": "ok", "latency_ms": 3.9, "concern": "forgets"});
    send(&services, get("/api/health/")).await.is(200, &json!({"status": "ok", "backends": {"redis": redis}}));
}

#[actix_web::test]
async fn readiness_follows_the_backends_and_liveness_does_not() {
    let sqlite = json!({"sqlite": {"status": "ok", "latency_ms": 3.9}});
    let well = send(&backends(&[("sqlite", true)]), get("/readyz")).await;
    well.is(200, &json!({"status": "ok", "backends": sqlite}));
    let down = send(&backends(&[("sqlite", false)]), get("/readyz")).await;
    let sqlite = json!({"sqlite": {"status": "down", "latency_ms": 3.9}});
    down.is(503, &json!({"status": "down", "concerns": {"sqlite": "does not answer"}, "backends": sqlite}));
    assert!(down.header("retry-after").is_some());
    // The health service of `services` would panic if it were asked.
    send(&services(), get("/livez")).await.is(200, &json!({"status": "ok"}));
}

#[actix_web::test]
async fn who_stops_is_not_ready_however_the_backends_are() {
    let services = reporting(Health { is_stopping: true, backends: vec![] });
    let stopping = send(&services, get("/readyz")).await;
    stopping.is(503, &json!({"status": "stopping", "backends": {}}));
    assert_eq!(stopping.header("retry-after"), Some("1"));
    send(&services, get("/livez")).await.is(200, &json!({"status": "ok"}));
}

#[actix_web::test]
async fn the_key_set_shows_points_and_nothing_else() {
    let mut point = vec![4];
    point.extend([0xfb; 32]);
    point.extend([0; 32]);
    let published = vec![
        key(Algorithm::Es256, point.clone()),
        key(Algorithm::Hs256, point),
        key(Algorithm::Es256, vec![4; 64]),
        key(Algorithm::Es256, vec![2; 65]),
        key(Algorithm::Es256, vec![]),
    ];
    let answer = send(&keys(published), get("/.well-known/jwks.json")).await;
    let shown = json!({
        "kty": "EC", "crv": "P-256", "kid": "key-1", "use": "sig", "alg": "ES256",
        "x": "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
        "y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    });
    answer.is(200, &json!({"keys": [shown]}));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
}

#[actix_web::test]
async fn under_a_shared_secret_the_key_set_is_empty() {
    send(&keys(Vec::new()), get("/.well-known/jwks.json")).await.is(200, &json!({"keys": []}));
}

#[actix_web::test]
async fn a_key_set_that_may_lack_a_key_is_not_kept() {
    let mut keys = MockKeySetService::new();
    keys.expect_published().returning(|| KeySet { keys: Vec::new(), max_age: Duration::ZERO });
    let services = Services { keys: Arc::new(keys), ..services() };
    let answer = send(&services, get("/.well-known/jwks.json")).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
