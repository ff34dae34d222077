//! How `user_tokens` refuses: `{"error": "..."}`, with `"details"` where a token cannot be refreshed.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use serde::Serialize;
use tessera_domain::ErrorKind;
use tessera_services::user_tokens::{InvalidateError, MintError, RefreshError, ValidateError};
use utoipa::ToSchema;

use super::members::Unusable;
use crate::document::Shape;
use crate::http::errors::Refusal;
use crate::http::rejection::Rejection;
use crate::http::{answer, headers, status};

const MISMATCH: &str = "token mismatch";
const INVALID_ACCESS: &str = "Invalid or expired token";
const NOT_REFRESHED: &str = "Could not generate access token";
const NO_TOKEN: &str = "Token is invalid";

#[derive(Serialize, ToSchema)]
#[schema(as = user_tokens::ErrorBody, description = "What happened, in a sentence, and in another one why.")]
pub struct ErrorBody {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    details: Option<&'static str>,
}

/// Words a rejection. A bearer that is no token is told of like a token that is none of ours: only a refresh takes one.
pub(super) fn render(rejection: &Rejection) -> HttpResponse {
    match rejection {
        Rejection::InvalidBearer => with_details(rejection.status(), NOT_REFRESHED, Some(NO_TOKEN)),
        other => with_details(other.status(), other.sentence(), None),
    }
}

/// The shape of these words.
pub(super) fn shape(_: &Rejection) -> Shape {
    Shape::of::<ErrorBody>()
}

fn with_details(status: StatusCode, error: &'static str, details: Option<&'static str>) -> HttpResponse {
    answer::json(status, &ErrorBody { error, details })
}

fn refused(kind: ErrorKind, error: &'static str) -> Refusal {
    Refusal::Answered(with_details(status::of(kind), error, None))
}

/// A token was presented, and does not count.
fn token_refused(kind: ErrorKind, error: &'static str, details: Option<&'static str>) -> Refusal {
    let mut response = with_details(status::of(kind), error, details);
    response.headers_mut().insert(WWW_AUTHENTICATE, headers::INVALID_TOKEN);
    Refusal::Answered(response)
}

/// What an endpoint cannot do without.
#[derive(Debug, Clone, Copy)]
pub enum Required {
    /// Who it is.
    UsernameAndId,
    /// What to refresh with.
    RefreshToken,
    /// Whose refresh token it is.
    Id,
    /// Which token, and whose.
    AccessAndId,
}

impl Required {
    const fn sentence(self) -> &'static str {
        match self {
            Self::UsernameAndId => "Username and id are required",
            Self::RefreshToken => "Refresh token is required",
            Self::Id => "User id is required",
            Self::AccessAndId => "Access token and id are required",
        }
    }
}

/// A body that nothing can be made of.
#[derive(Debug, Clone, Copy)]
pub enum BodyRefused {
    /// It does not have all of this.
    Incomplete(Required),
    /// A name in it is too long, or holds control characters.
    Unreadable,
    /// It is of nobody who may.
    UnknownService,
}

impl BodyRefused {
    /// A member that is needed cannot be used.
    pub fn of(unusable: Unusable, required: Required) -> Self {
        match unusable {
            Unusable::Absent => Self::Incomplete(required),
            Unusable::Unreadable => Self::Unreadable,
        }
    }
}

/// What was asked for was not done.
pub enum UserTokensRefused {
    /// The body is not what it should be.
    Body(BodyRefused),
    /// There is no pair.
    Mint(MintError),
    /// There is no new access token.
    Refresh(RefreshError),
    /// The token does not count.
    Validate(ValidateError),
    /// Nothing was ended.
    Invalidate(InvalidateError),
}

macro_rules! from {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for UserTokensRefused {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    BodyRefused => Body,
    MintError => Mint,
    RefreshError => Refresh,
    ValidateError => Validate,
    InvalidateError => Invalidate,
}

impl From<UserTokensRefused> for Refusal {
    fn from(refused: UserTokensRefused) -> Self {
        match refused {
            UserTokensRefused::Body(error) => body(error),
            UserTokensRefused::Mint(error) => mint(error),
            UserTokensRefused::Refresh(error) => refresh(error),
            UserTokensRefused::Validate(error) => validate(error),
            UserTokensRefused::Invalidate(error) => invalidate(error),
        }
    }
}

fn body(error: BodyRefused) -> Refusal {
    match error {
        BodyRefused::Incomplete(required) => refused(ErrorKind::InvalidInput, required.sentence()),
        BodyRefused::Unreadable => {
            refused(ErrorKind::InvalidInput, "Username or id is too long or contains control characters")
        }
        BodyRefused::UnknownService => Rejection::UnknownService.into(),
    }
}

fn mint(error: MintError) -> Refusal {
    let kind = error.kind();
    match error {
        MintError::IdBound => refused(kind, "This id belongs to another username"),
        MintError::UsernameBound => refused(kind, "This username belongs to another id"),
        MintError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn refresh(error: RefreshError) -> Refusal {
    let kind = error.kind();
    match error {
        RefreshError::UnknownUser => refused(kind, "User not found"),
        RefreshError::Expired => token_refused(kind, "User session has expired, You must login again", None),
        RefreshError::Invalid => token_refused(kind, NOT_REFRESHED, Some(NO_TOKEN)),
        RefreshError::WrongType => token_refused(kind, NOT_REFRESHED, Some("Token has wrong type")),
        RefreshError::Mismatch => token_refused(kind, MISMATCH, None),
        RefreshError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn validate(error: ValidateError) -> Refusal {
    let kind = error.kind();
    match error {
        ValidateError::Invalid => token_refused(kind, INVALID_ACCESS, None),
        ValidateError::Mismatch => token_refused(kind, MISMATCH, None),
        ValidateError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn invalidate(error: InvalidateError) -> Refusal {
    let kind = error.kind();
    match error {
        InvalidateError::NotLoggedIn => token_refused(kind, "User has not logged in yet", None),
        InvalidateError::Invalid => token_refused(kind, INVALID_ACCESS, None),
        InvalidateError::Mismatch => token_refused(kind, MISMATCH, None),
        InvalidateError::Outage(outage) => Rejection::from(outage).into(),
    }
}
