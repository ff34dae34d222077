//! Bodies: their media type, their size, their time, and what is in them (requirement H1).

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::errors::Refusal;
use super::extract::{Extract, Incoming};
use super::json::Malformed;
use super::rejection::Rejection;
use super::{form, json};

/// A body that is a JSON object.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A body that is a JSON object or a form, whichever its sender likes.
#[derive(Debug, Default)]
pub struct JsonOrForm<T>(pub T);

/// The bytes of a body that is called JSON, unread: for a contract that tells where one is malformed.
#[derive(Debug)]
pub struct RawJson(pub Bytes);

impl Extract for RawJson {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let (_, bytes) = receive(incoming, &[MediaType::Json]).await?;
        Ok(Self(bytes))
    }
}

impl<T: DeserializeOwned> Extract for Json<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let (_, bytes) = receive(incoming, &[MediaType::Json]).await?;
        Ok(Self(json::read(&bytes).map_err(Rejection::from)?))
    }
}

/// Without a body there is nothing to be malformed.
impl<T: DeserializeOwned> Extract for Option<Json<T>> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let (_, bytes) = receive(incoming, &[MediaType::Json]).await?;
        let read = (!bytes.is_empty()).then(|| json::read(&bytes)).transpose();
        Ok(read.map_err(Rejection::from)?.map(Json))
    }
}

impl<T: DeserializeOwned> Extract for JsonOrForm<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let (media_type, bytes) = receive(incoming, &[MediaType::Json, MediaType::Form]).await?;
        Ok(Self(read_as(media_type, &bytes).map_err(Rejection::from)?))
    }
}

/// Without a body there is nothing to be malformed.
impl<T: DeserializeOwned> Extract for Option<JsonOrForm<T>> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let (media_type, bytes) = receive(incoming, &[MediaType::Json, MediaType::Form]).await?;
        let read = (!bytes.is_empty()).then(|| read_as(media_type, &bytes)).transpose();
        Ok(read.map_err(Rejection::from)?.map(JsonOrForm))
    }
}

fn read_as<T: DeserializeOwned>(media_type: MediaType, bytes: &[u8]) -> Result<T, Malformed> {
    match media_type {
        MediaType::Form => form::read(bytes),
        MediaType::Json => json::read(bytes),
    }
}

impl From<Malformed> for Rejection {
    fn from(_: Malformed) -> Self {
        Self::MalformedBody
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaType {
    Json,
    Form,
}

impl MediaType {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// The body and its type, which is one of `accepted`. A request with neither body nor type has an empty one of the first.
async fn receive(incoming: &mut Incoming, accepted: &[MediaType]) -> Result<(MediaType, Bytes), Rejection> {
    let headers = incoming.request.headers();
    let encoded = only(headers, &CONTENT_ENCODING)?.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    let declared = match only(headers, &CONTENT_TYPE)? {
        Some(value) => Some(media_type(value, accepted).ok_or(Rejection::UnsupportedMediaType)?),
        None => None,
    };
    if encoded {
        return Err(Rejection::UnsupportedMediaType);
    }
    let bytes = read(incoming).await?;
    let assumed = accepted.first().copied().filter(|_| bytes.is_empty());
    Ok((declared.or(assumed).ok_or(Rejection::UnsupportedMediaType)?, bytes))
}

/// The one header of this name. Two of them are two bodies to two readers.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Rejection> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Rejection::UnsupportedMediaType),
        (Some(_), Some(_)) => Err(Rejection::UnsupportedMediaType),
    }
}

/// The type is exactly one of ours, with no parameter but a charset that changes nothing.
fn media_type(value: &str, accepted: &[MediaType]) -> Option<MediaType> {
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let parameters = parameters.trim();
    let is_utf8 = parameters.split_once('=').is_some_and(|(name, value)| {
        name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let found = accepted.iter().find(|media_type| essence.trim().eq_ignore_ascii_case(media_type.name()));
    found.copied().filter(|_| parameters.is_empty() || is_utf8)
}

/// All of the body. The time it takes is its own: the answer is due as much later.
async fn read(incoming: &mut Incoming) -> Result<Bytes, Rejection> {
    let limit = incoming.settings.body_limit;
    let announced = only(incoming.request.headers(), &CONTENT_LENGTH).ok().flatten();
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(Rejection::TooLarge);
    }
    let started = Instant::now();
    let body = timeout(incoming.settings.body_deadline, collect(incoming, limit)).await;
    incoming.due += started.elapsed();
    body.map_err(|_| Rejection::StalledBody)?
}

async fn collect(incoming: &mut Incoming, limit: usize) -> Result<Bytes, Rejection> {
    let mut body = BytesMut::new();
    while let Some(chunk) = incoming.payload.next().await {
        // The client broke off, or its chunks are not what RFC 9112, section 7.1 calls chunks.
        let chunk = chunk.map_err(|_| Rejection::MalformedBody)?;
        if body.len() + chunk.len() > limit {
            return Err(Rejection::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_exactly_one_of_those_accepted() {
        let json = |value| media_type(value, &[MediaType::Json]).is_some();
        for fine in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json;",
        ] {
            assert!(json(fine), "{fine}");
        }
        for other in [
            "",
            "text/json",
            "application/x+json",
            "application/jsonp",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-16",
            "application/json; profile=x",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            assert!(!json(other), "{other}");
        }
    }

    #[test]
    fn a_form_is_taken_where_one_is_accepted() {
        let either = [MediaType::Json, MediaType::Form];
        assert_eq!(media_type("application/x-www-form-urlencoded", &either), Some(MediaType::Form));
        assert_eq!(media_type("application/json", &either), Some(MediaType::Json));
    }
}
