//! How `one_time_tokens` refuses: `{"detail": "..."}`, or 422 and a list of what is wrong with the body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::Map;
use tessera_services::auth::RegisterError;
use tessera_services::one_time::{ConsumeOneTimeTokenError, CreateOneTimeTokenError};
use tessera_services::orchestrator::RequestTokenError;
use utoipa::ToSchema;

use super::unprocessable::Unprocessable;
use crate::document::Shape;
use crate::http::errors::Refusal;
use crate::http::fields::Problem;
use crate::http::json::Flaw;
use crate::http::rejection::Rejection;
use crate::http::{answer, status};

#[derive(Serialize, ToSchema)]
#[schema(as = one_time_tokens::Detail, description = "What happened, in a sentence.")]
pub struct Detail {
    detail: &'static str,
}

/// Words a rejection: what concerns the caller as this contract's clients know it, everything else by the name of its
/// status, as FastAPI does.
pub(super) fn render(rejection: &Rejection) -> HttpResponse {
    let status = rejection.status();
    match rejection {
        Rejection::MissingBearer => detail(status, "Not authenticated"),
        Rejection::InvalidBearer => detail(status, "Credenciales inválidas"),
        // A body that broke off before it could be read: malformed input is a 422 here, whatever the reason.
        Rejection::MalformedBody => Unprocessable::no_json(Flaw { at: 0 }).into_answer(),
        other => detail(status, status.canonical_reason().unwrap_or(other.sentence())),
    }
}

/// The shape of these words.
pub(super) fn shape(rejection: &Rejection) -> Shape {
    match rejection {
        Rejection::MalformedBody => Shape::of::<Unprocessable>(),
        _ => Shape::of::<Detail>(),
    }
}

fn detail(status: StatusCode, detail: &'static str) -> HttpResponse {
    answer::json(status, &Detail { detail })
}

/// What was asked for was not done.
pub enum OneTimeTokensRefused {
    /// The body is not what it should be.
    Body(Unprocessable),
    /// There is no new account.
    Register(RegisterError),
    /// Nobody is logged in.
    LogIn(RequestTokenError),
    /// There is no new token.
    Create(CreateOneTimeTokenError),
    /// No token was spent.
    Consume(ConsumeOneTimeTokenError),
}

macro_rules! from {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for OneTimeTokensRefused {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    Unprocessable => Body,
    RegisterError => Register,
    RequestTokenError => LogIn,
    CreateOneTimeTokenError => Create,
    ConsumeOneTimeTokenError => Consume,
}

impl From<OneTimeTokensRefused> for Refusal {
    fn from(refused: OneTimeTokensRefused) -> Self {
        match refused {
            OneTimeTokensRefused::Body(unprocessable) => unprocessable.into(),
            OneTimeTokensRefused::Register(error) => register(error),
            OneTimeTokensRefused::LogIn(error) => log_in(error),
            OneTimeTokensRefused::Create(CreateOneTimeTokenError::Gone) => Rejection::InvalidBearer.into(),
            OneTimeTokensRefused::Create(CreateOneTimeTokenError::Outage(outage)) => Rejection::from(outage).into(),
            OneTimeTokensRefused::Consume(error) => consume(error),
        }
    }
}

/// A taken address is a 400 here, although the kind of the error is a conflict.
fn register(error: RegisterError) -> Refusal {
    match error {
        RegisterError::WeakPassword(problems) => {
            let problems = problems.into_iter().map(|problem| ("password", Problem::Weak(problem))).collect();
            Unprocessable::members(&problems, &Map::new()).into()
        }
        RegisterError::Taken { .. } => {
            Refusal::Answered(detail(StatusCode::BAD_REQUEST, "El correo ya está registrado"))
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
            Refusal::Answered(detail(status, "Credenciales incorrectas"))
        }
    }
}

fn consume(error: ConsumeOneTimeTokenError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        ConsumeOneTimeTokenError::Unusable => Refusal::Answered(detail(status, "Token inválido o ya utilizado")),
        ConsumeOneTimeTokenError::Outage(outage) => Rejection::from(outage).into(),
    }
}
