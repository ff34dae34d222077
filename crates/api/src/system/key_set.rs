//! The key set (RFC 7517, section 5): public halves only. Under a shared secret it is empty.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use tessera_domain::Algorithm;
use tessera_services::ports::PublicKey;
use tessera_services::signing_keys::KeySetService;
use utoipa::ToSchema;

use crate::http::answer;
use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;

#[derive(Serialize, ToSchema)]
#[schema(as = service::KeySet, description = "The public keys (RFC 7517).")]
pub(super) struct KeySet<'a> {
    keys: Vec<EllipticKey<'a>>,
}

/// A key of the curve P-256 (RFC 7518, section 6.2.1).
#[derive(Serialize, ToSchema)]
#[schema(as = service::EllipticKey, description = "A key of the curve P-256.")]
pub(super) struct EllipticKey<'a> {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    kid: &'a str,
    r#use: &'static str,
    alg: &'static str,
}

/// `GET /.well-known/jwks.json`
pub async fn show(_: Anonymous, keys: web::Data<dyn KeySetService>) -> Result<HttpResponse, Rejection> {
    let published = keys.published().await;
    let set = KeySet { keys: published.keys.iter().filter_map(elliptic).collect() };
    let mut response = answer::json(StatusCode::OK, &set);
    response.headers_mut().insert(CACHE_CONTROL, cache_control(published.max_age));
    Ok(response)
}

/// A key is published for longer than the set may be kept before it signs. A set that may lack one is not kept.
fn cache_control(max_age: Duration) -> HeaderValue {
    const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
    match max_age.as_secs() {
        0 => NOT_KEPT,
        seconds => HeaderValue::try_from(format!("public, max-age={seconds}")).unwrap_or(NOT_KEPT),
    }
}

/// The two halves of an uncompressed point (SEC 1, section 2.3.3). A shared secret has no public half, and nothing that is
/// not a point is ever shown.
fn elliptic(key: &PublicKey) -> Option<EllipticKey<'_>> {
    let (tag, coordinates) = key.point.split_first()?;
    if key.algorithm != Algorithm::Es256 || *tag != 4 || coordinates.len() != 64 {
        return None;
    }
    let (x, y) = coordinates.split_at(32);
    Some(EllipticKey {
        kty: "EC",
        crv: "P-256",
        x: URL_SAFE_NO_PAD.encode(x),
        y: URL_SAFE_NO_PAD.encode(y),
        kid: key.id.as_str(),
        r#use: "sig",
        alg: key.algorithm.name(),
    })
}
