//! How `users` refuses: `{"message": "..."}`, or 400 and a map of fields.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use serde::Serialize;
use tessera_services::auth::{ListUsersError, RegisterError};
use tessera_services::orchestrator::RequestTokenError;
use tessera_services::tokens::{LogOutError, RefreshError};
use utoipa::ToSchema;

use crate::document::Shape;
use crate::http::django_words::FieldMap;
use crate::http::errors::Refusal;
use crate::http::fields::{FieldErrors, Problem};
use crate::http::rejection::Rejection;
use crate::http::{answer, headers, status};

/// `{"message": "..."}`
#[derive(Serialize, ToSchema)]
#[schema(as = users::Message, description = "What happened, in a sentence.")]
pub struct Message {
    pub message: &'static str,
}

/// Words a rejection.
pub(super) fn render(rejection: &Rejection) -> HttpResponse {
    let words = match rejection {
        Rejection::MissingBearer => "Invalid authorization header",
        Rejection::InvalidBearer => "Invalid access token",
        other => other.sentence(),
    };
    message(rejection.status(), words)
}

/// The shape of these words.
pub(super) fn shape(_: &Rejection) -> Shape {
    Shape::of::<Message>()
}

fn message(status: StatusCode, message: &'static str) -> HttpResponse {
    answer::json(status, &Message { message })
}

/// What was asked for was not done.
pub enum UsersRefused {
    /// Members of the body, or parameters of the query, are wrong.
    Fields(FieldErrors),
    /// There is no refresh token in the header, or another one in the body.
    RefreshHeader,
    /// There is no new account.
    Register(RegisterError),
    /// Nobody is logged in.
    LogIn(RequestTokenError),
    /// There are no new tokens.
    Refresh(RefreshError),
    /// Nobody is logged out.
    LogOut(LogOutError),
    /// There is no list.
    List(ListUsersError),
}

macro_rules! from {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for UsersRefused {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    FieldErrors => Fields,
    RegisterError => Register,
    RequestTokenError => LogIn,
    RefreshError => Refresh,
    LogOutError => LogOut,
    ListUsersError => List,
}

impl From<UsersRefused> for Refusal {
    fn from(refused: UsersRefused) -> Self {
        match refused {
            UsersRefused::Fields(errors) => fields(&errors),
            UsersRefused::RefreshHeader => Self::Answered(message(StatusCode::BAD_REQUEST, "Invalid refresh header")),
            UsersRefused::Register(error) => register(error),
            UsersRefused::LogIn(error) => log_in(error),
            UsersRefused::Refresh(error) => refresh(error),
            UsersRefused::LogOut(error) => log_out(error),
            UsersRefused::List(error) => list(error),
        }
    }
}

/// A map of fields is a 400, also where the kind of the error would be a conflict.
fn fields(errors: &FieldErrors) -> Refusal {
    Refusal::Answered(answer::json(StatusCode::BAD_REQUEST, &FieldMap(errors)))
}

fn register(error: RegisterError) -> Refusal {
    match error {
        RegisterError::WeakPassword(problems) => {
            fields(&problems.into_iter().map(|problem| ("password", Problem::Weak(problem))).collect())
        }
        RegisterError::Taken { email, username } => {
            let taken = [(username, "username"), (email, "email")].into_iter().filter(|(taken, _)| *taken);
            fields(&taken.map(|(_, field)| (field, Problem::Taken)).collect())
        }
        RegisterError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn log_in(error: RequestTokenError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        RequestTokenError::Outage(outage) => Rejection::from(outage).into(),
        // A disabled account is one whose password is wrong (requirement A1).
        RequestTokenError::WrongCredentials | RequestTokenError::Refused(_) => {
            Refusal::Answered(message(status, "Invalid email or password"))
        }
    }
}

fn refresh(error: RefreshError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        RefreshError::Invalid => invalid_token(status, "Invalid refresh token"),
        RefreshError::Revoked => invalid_token(status, "Refresh token has been revoked"),
        RefreshError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn log_out(error: LogOutError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        LogOutError::InvalidRefresh => invalid_token(status, "Invalid refresh token"),
        LogOutError::NotYours => {
            Refusal::Answered(message(status, "Access and refresh token do not belong to the same user"))
        }
        LogOutError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn list(error: ListUsersError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        ListUsersError::Unauthenticated => Rejection::MissingBearer.into(),
        ListUsersError::Forbidden => {
            Refusal::Answered(message(status, "You do not have permission to perform this action."))
        }
        ListUsersError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn invalid_token(status: StatusCode, words: &'static str) -> Refusal {
    let mut response = message(status, words);
    response.headers_mut().insert(WWW_AUTHENTICATE, headers::INVALID_TOKEN);
    Refusal::Answered(response)
}
