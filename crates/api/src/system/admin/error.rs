//! How the console's endpoints refuse: with problem details (RFC 9457).

use tessera_services::administration::AdministrationError;

use crate::http::errors::{Refusal, problem};
use crate::http::fields::FieldErrors;
use crate::http::rejection::Rejection;
use crate::http::status;
use actix_web::http::StatusCode;

/// What was asked for was not done.
pub enum AdministrationRefused {
    /// The parameters of the page are wrong.
    Query,
    /// What names the account is no id.
    NoId,
    /// The service refused.
    Service(AdministrationError),
}

impl From<FieldErrors> for AdministrationRefused {
    fn from(_: FieldErrors) -> Self {
        Self::Query
    }
}

impl From<AdministrationError> for AdministrationRefused {
    fn from(error: AdministrationError) -> Self {
        Self::Service(error)
    }
}

impl From<AdministrationRefused> for Refusal {
    fn from(refused: AdministrationRefused) -> Self {
        let (status, detail) = match refused {
            AdministrationRefused::Query => (StatusCode::BAD_REQUEST, "The limit or the cursor is malformed."),
            AdministrationRefused::NoId => (StatusCode::BAD_REQUEST, "The id is no id."),
            AdministrationRefused::Service(AdministrationError::Outage(outage)) => {
                return Rejection::from(outage).into();
            }
            AdministrationRefused::Service(error) => (status::of(error.kind()), sentence(&error)),
        };
        Self::Answered(problem(status, detail))
    }
}

fn sentence(error: &AdministrationError) -> &'static str {
    match error {
        AdministrationError::Forbidden => "Only staff may do this, and only a superuser to staff.",
        AdministrationError::Yourself => "Nobody can shut out themselves.",
        AdministrationError::Unknown => "There is no such account.",
        AdministrationError::Outage(_) => "The service is temporarily unavailable. Try again later.",
    }
}
