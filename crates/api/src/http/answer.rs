//! Making answers.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Serialize, Serializer};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why an answer is a 5xx: travels with it to the edge, where it is logged, and never to the client.
#[derive(Debug)]
pub struct Cause(pub String);

/// Marks an answer whose status is no failure, but what was asked about: it is logged where it changes, and not each time
/// that somebody asks.
#[derive(Debug)]
pub struct AsAsked;

/// An answer in JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    typed(status, JSON, body)
}

/// An answer in another media type that is JSON inside.
pub fn typed(status: StatusCode, media_type: HeaderValue, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = HttpResponse::with_body(status, BoxBody::new(bytes));
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            response
        }
        // Only a map with keys that are no text, or a `Serialize` that fails by itself: a defect.
        Err(error) => {
            let mut response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
            response.extensions_mut().insert(Cause(format!("an answer is no JSON: {error}")));
            response
        }
    }
}

/// What is serialised by its `Display`, also where it may not be there.
#[derive(Debug)]
pub struct AsText<T>(pub T);

impl<T: std::fmt::Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        as_text(&self.0, serializer)
    }
}

/// Serialises by `Display`, straight into the answer.
pub fn as_text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
