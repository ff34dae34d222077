//! Which pages in a browser may call this service from another origin (the Fetch standard, section 3.2).
//!
//! Origins are compared as they are: none is a pattern, none is reflected, and none is ever allowed to send credentials of the
//! browser's own. A page sends its token itself, in `Authorization`.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LINK, RETRY_AFTER, WWW_AUTHENTICATE};

use super::headers::X_REFRESH_TOKEN;
use super::limit_fields::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::request_id::X_REQUEST_ID;
use super::trace_context::TRACEPARENT;

/// How long a browser may remember the answer to its question, in seconds.
const MAX_AGE: usize = 600;

/// The origins whose pages may call. By default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    /// Reads a list of origins with commas between them, each as a browser writes it: `https://app.example.com`, with a port
    /// only where it is not the scheme's own. `None` if something in it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins
            .map(|origin| is_origin(origin).then(|| origin.to_owned()))
            .collect::<Option<Vec<_>>>()
            .map(|list| Self(list.into()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The layer that answers browsers' questions.
    pub(crate) fn layer(&self) -> Cors {
        let cors = Cors::default()
            .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allowed_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, X_REFRESH_TOKEN, X_REQUEST_ID, TRACEPARENT])
            .expose_headers([
                LINK,
                RATE_LIMIT,
                RATE_LIMIT_POLICY,
                RETRY_AFTER,
                WWW_AUTHENTICATE,
                X_REQUEST_ID,
                TRACEPARENT,
            ])
            .max_age(MAX_AGE);
        self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

/// A scheme, a host and perhaps a port, in lower case, and nothing after them. A browser leaves the port out where it is
/// the scheme's own, so that one which is written here would never match.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_address = host.starts_with('[') && host.ends_with(']');
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    let is_own = |port: &str| matches!((scheme, port), ("http", "80") | ("https", "443"));
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number.to_string() == port) && !is_own(port);
    is_scheme && !host.is_empty() && (is_address || host.bytes().all(is_name)) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_would_write() {
        for origin in
            ["https://a.example", "http://localhost:3000", "http://[::1]:3000", "http://[::1]", "capacitor://localhost"]
        {
            assert!(AllowedOrigins::parse(origin).is_some(), "{origin}");
        }
        for text in [
            "*",
            "null",
            "a.example",
            "https://",
            "https://a.example/",
            "https://A.example",
            "HTTPS://a.example",
            "https://*.example",
            "https://a.example:443",
            "http://a.example:080",
            "https://a.example:x",
            "https://u@a.example",
            "https://a.example https://b.example",
        ] {
            assert_eq!(AllowedOrigins::parse(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_is_nobody() {
        assert!(AllowedOrigins::parse(" , ").is_some_and(|origins| origins.is_empty()));
    }
}
