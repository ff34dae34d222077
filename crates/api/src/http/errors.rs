//! Wording a rejection as the owner of its path would.
//!
//! A contract answers for the paths it owns, also where no handler of its own was reached; everywhere else a refusal is
//! problem details (RFC 9457). The headers that a status obliges to are set here, so that no contract can forget them.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Cause};
use super::headers;
use super::rejection::Rejection;
use crate::contracts;

/// How a handler, or the making of one of its arguments, refuses.
#[derive(Debug)]
pub enum Refusal {
    /// In words that depend on the path.
    Rejected(Rejection),
    /// In a contract's own words.
    Answered(HttpResponse),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl Refusal {
    /// The answer to a request for `path`.
    pub fn into_answer(self, path: &str) -> HttpResponse {
        match self {
            Self::Rejected(rejection) => reject(path, rejection),
            Self::Answered(response) => response,
        }
    }
}

/// The answer to a rejected request for `path`.
pub fn reject(path: &str, rejection: Rejection) -> HttpResponse {
    let mut response = match contracts::owner_of(path) {
        Some(contract) => (contract.render)(&rejection),
        None => problem(rejection.status(), rejection.sentence()),
    };
    match &rejection {
        Rejection::MethodNotAllowed { allow } => set(&mut response, ALLOW, allow.clone()),
        Rejection::InvalidBearer => set(&mut response, WWW_AUTHENTICATE, headers::INVALID_TOKEN),
        Rejection::Unavailable { retry_after, .. } | Rejection::TooManyRequests { retry_after } => {
            set(&mut response, RETRY_AFTER, headers::whole_seconds(*retry_after).max(1).into());
        }
        _ => {}
    }
    if let Some(cause) = rejection.into_cause() {
        response.extensions_mut().insert(Cause(cause));
    }
    response
}

fn set(response: &mut HttpResponse, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

/// For the one case in which no path is known any longer: an error that went past every route.
impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = problem(self.status(), self.sentence());
        headers::complete(response.status(), response.headers_mut());
        response
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

/// Problem details: what a refusal looks like outside the contracts.
#[derive(Serialize, ToSchema)]
#[schema(as = system::Problem, description = "Problem details (RFC 9457).")]
pub struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
}

/// Problem details with this status and this sentence.
pub fn problem(status: StatusCode, detail: &'static str) -> HttpResponse {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
    answer::typed(status, HeaderValue::from_static("application/problem+json"), &body)
}
