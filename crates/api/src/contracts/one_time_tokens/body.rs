//! The bodies of `one_time_tokens`: JSON as strict as everywhere, whose flaws are told as FastAPI tells them.

use actix_web::web::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::unprocessable::Unprocessable;
use crate::http::body::RawJson;
use crate::http::errors::Refusal;
use crate::http::extract::{Extract, Incoming};
use crate::http::fields::FieldErrors;
use crate::http::json::{self, Malformed};

/// A body that is a JSON object: what it was read as, and what was sent.
pub struct Body<T> {
    value: T,
    sent: Bytes,
}

impl<T: DeserializeOwned> Extract for Body<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let RawJson(bytes) = RawJson::extract(incoming).await?;
        Ok(Self::read(bytes)?)
    }
}

impl<T: DeserializeOwned> Body<T> {
    fn read(sent: Bytes) -> Result<Self, Unprocessable> {
        match json::read(&sent) {
            Ok(value) => Ok(Self { value, sent }),
            Err(Malformed) => Err(what_is_wrong(&sent)),
        }
    }

    /// What `make` makes of it, or everything that is wrong with its members.
    pub fn make<C>(self, make: impl FnOnce(T) -> Result<C, FieldErrors>) -> Result<C, Unprocessable> {
        make(self.value).map_err(|errors| match json::read(&self.sent) {
            Ok(sent) => Unprocessable::members(&errors, &sent),
            Err(Malformed) => what_is_wrong(&self.sent),
        })
    }
}

fn what_is_wrong(sent: &[u8]) -> Unprocessable {
    if sent.is_empty() {
        return Unprocessable::no_body();
    }
    match json::read_any(sent) {
        Err(flaw) => Unprocessable::no_json(flaw),
        // The wire types take members of any kind; if one did not, it would be no such object.
        Ok(Value::Object(_)) => Unprocessable::no_object(&Value::Null),
        Ok(other) => Unprocessable::no_object(&other),
    }
}
