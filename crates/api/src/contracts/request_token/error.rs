//! How `request_token` refuses: `{"detail": "..."}`, whatever the reason.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use tessera_domain::{ErrorKind, Invalid};
use tessera_services::orchestrator::RequestTokenError;
use utoipa::ToSchema;

use crate::document::Shape;
use crate::http::errors::Refusal;
use crate::http::fields::{FieldErrors, Problem};
use crate::http::rejection::Rejection;
use crate::http::{answer, status};

#[derive(Serialize, ToSchema)]
#[schema(as = request_token::Detail, description = "What happened, in a sentence.")]
pub struct Detail {
    detail: &'static str,
}

/// Words a rejection.
pub(super) fn render(rejection: &Rejection) -> HttpResponse {
    detail(rejection.status(), rejection.sentence())
}

/// The shape of these words.
pub(super) fn shape(_: &Rejection) -> Shape {
    Shape::of::<Detail>()
}

fn detail(status: StatusCode, detail: &'static str) -> HttpResponse {
    answer::json(status, &Detail { detail })
}

/// There is no token.
pub enum RequestTokenRefused {
    /// The body is not a name and a password.
    Fields(FieldErrors),
    /// The orchestrator refused.
    Service(RequestTokenError),
}

impl From<FieldErrors> for RequestTokenRefused {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

impl From<RequestTokenError> for RequestTokenRefused {
    fn from(error: RequestTokenError) -> Self {
        Self::Service(error)
    }
}

impl From<RequestTokenRefused> for Refusal {
    fn from(refused: RequestTokenRefused) -> Self {
        let (kind, words) = match refused {
            RequestTokenRefused::Fields(errors) => (ErrorKind::InvalidInput, describe(&errors)),
            RequestTokenRefused::Service(RequestTokenError::Outage(outage)) => return Rejection::from(outage).into(),
            RequestTokenRefused::Service(error @ RequestTokenError::WrongCredentials) => {
                (error.kind(), "Invalid credentials")
            }
            RequestTokenRefused::Service(error @ RequestTokenError::Refused(_)) => {
                (error.kind(), "Users starting with 'A' cannot be issued tokens")
            }
        };
        Self::Answered(detail(status::of(kind), words))
    }
}

fn describe(errors: &FieldErrors) -> &'static str {
    let is_absent = |problem| {
        matches!(problem, Problem::Missing | Problem::Null | Problem::NotText | Problem::Invalid(Invalid::Blank))
    };
    if errors.iter().any(|(_, problem)| is_absent(problem)) {
        "Username and password are required."
    } else {
        "Username or password is too long or contains control characters."
    }
}
