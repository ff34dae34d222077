//! What the HTTP layer refuses by itself, at every endpoint alike. The examples are not written down: the owner of the path
//! is asked to word each refusal, as it would be for a client.

use std::time::Duration;

use actix_web::body::MessageBody as _;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::answers::Case;
use super::operation::Refused;
use super::shape::Shape;
use crate::contracts;
use crate::http::errors::{Problem, reject};
use crate::http::rejection::Rejection;
use crate::http::routes::Access;

/// The cases in which a request for `path` is refused without its handler being asked.
pub fn at(path: &str, access: Access, refused: Refused) -> Vec<Case> {
    let caller = match access {
        Access::Open | Access::MaybeBearer => Vec::new(),
        Access::Bearer => vec![Rejection::MissingBearer, Rejection::InvalidBearer],
        Access::Service | Access::MaybeService => vec![Rejection::UnknownService],
    };
    let body = [Rejection::MalformedBody, Rejection::StalledBody, Rejection::TooLarge, Rejection::UnsupportedMediaType];
    let limit = Rejection::TooManyRequests { retry_after: Duration::from_secs(30) };
    let cause = String::new();
    let always = [
        Rejection::Internal { cause: cause.clone() },
        Rejection::Unavailable { retry_after: Duration::from_secs(1), cause },
    ];
    let rejections = caller
        .into_iter()
        .chain(body.into_iter().filter(|_| refused.has_body))
        .chain(refused.is_limited.then_some(limit))
        .chain(always.into_iter().filter(|_| refused.can_fail));
    rejections.map(|rejection| case(path, rejection)).collect()
}

fn case(path: &str, rejection: Rejection) -> Case {
    let shape = contracts::owner_of(path).map_or_else(Shape::of::<Problem>, |owner| (owner.shape)(&rejection));
    let about = rejection.sentence().to_owned();
    let response = reject(path, rejection);
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|found| found == "application/json");
    let media_type = if is_json { "application/json" } else { "application/problem+json" };
    let status = response.status().as_u16();
    let example = response.into_body().try_into_bytes().ok().and_then(|bytes| read(&bytes));
    Case { status, about, media_type, shape, example }
}

fn read(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}
