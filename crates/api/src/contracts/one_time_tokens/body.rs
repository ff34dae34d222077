//! The bodies of `one_time_tokens`: JSON as strict as everywhere, whose flaws are told as FastAPI tells them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::unprocessable::Unprocessable;
use crate::http::body::RawJson;
use crate::http::errors::Refusal;
use crate::http::extract::{Extract, Incoming};
use crate::http::fields::FieldErrors;
use crate::http::json;

/// A body that is a JSON object, with what was sent beside what it was read as.
pub struct Body<T> {
    value: T,
    sent: Map<String, Value>,
}

impl<T: DeserializeOwned> Extract for Body<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let RawJson(bytes) = RawJson::extract(incoming).await?;
        Ok(Self::read(&bytes)?)
    }
}

impl<T: DeserializeOwned> Body<T> {
    fn read(bytes: &[u8]) -> Result<Self, Unprocessable> {
        if bytes.is_empty() {
            return Err(Unprocessable::no_body());
        }
        let sent = match json::read_any(bytes) {
            Ok(Value::Object(sent)) => sent,
            Ok(other) => return Err(Unprocessable::no_object(&other)),
            Err(flaw) => return Err(Unprocessable::no_json(flaw)),
        };
        // The wire types take members of any kind, so this cannot fail; if one did not, it would be no such object.
        let value = T::deserialize(&sent).map_err(|_| Unprocessable::no_object(&Value::Null))?;
        Ok(Self { value, sent })
    }

    /// What `make` makes of it, or everything that is wrong with its members.
    pub fn make<C>(self, make: impl FnOnce(T) -> Result<C, FieldErrors>) -> Result<C, Unprocessable> {
        make(self.value).map_err(|errors| Unprocessable::members(&errors, &self.sent))
    }
}
