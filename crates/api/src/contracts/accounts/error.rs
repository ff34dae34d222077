//! How `accounts` refuses: `{"detail": "..."}` or `{"error": "..."}`, or 400 and a map of fields, in which
//! `non_field_errors` stands for what concerns none of them alone.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use serde::Serialize;
use tessera_domain::PasswordProblem;
use tessera_services::Outage;
use tessera_services::account::{
    ChangePasswordError, ConfirmEmailError, DeleteAccountError, EndSessionError, FindProfileError, ResetPasswordError,
    SignUpError, UpdateProfileError,
};
use tessera_services::auth::RegisterError;
use tessera_services::orchestrator::RequestTokenError;
use tessera_services::tokens::{LogOutError, OpenSessionError, RefreshError};
use utoipa::ToSchema;

use crate::document::Shape;
use crate::http::django_words::FieldMap;
use crate::http::errors::Refusal;
use crate::http::fields::{FieldErrors, Problem};
use crate::http::rejection::Rejection;
use crate::http::{answer, headers, status};

/// `{"detail": "..."}`
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Detail, description = "What happened, in a sentence.")]
pub struct Detail {
    detail: &'static str,
}

/// `{"error": "..."}`
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Error, description = "What is wrong, in a sentence.")]
pub struct Error {
    error: &'static str,
}

/// `{"non_field_errors": ["..."]}`
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::NonField, description = "What is wrong with no member alone.")]
pub struct NonField {
    non_field_errors: [&'static str; 1],
}

/// `{"current_password": ["..."]}`
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::CurrentPassword, description = "The password is not the one of the account.")]
pub struct CurrentPassword {
    current_password: [&'static str; 1],
}

/// A bearer that does not count, as Simple JWT tells it.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::TokenNotValid, description = "A bearer that does not count.")]
struct TokenNotValid {
    detail: &'static str,
    code: &'static str,
    messages: [TokenMessage; 1],
}

#[derive(Serialize, ToSchema)]
#[schema(as = accounts::TokenMessage, description = "Why it does not.")]
struct TokenMessage {
    token_class: &'static str,
    token_type: &'static str,
    message: &'static str,
}

const TOKEN_NOT_VALID: TokenNotValid = TokenNotValid {
    detail: "Given token not valid for any token type",
    code: "token_not_valid",
    messages: [TokenMessage {
        token_class: "AccessToken",
        token_type: "access",
        message: "Token is invalid or expired",
    }],
};

/// Words a rejection.
pub(super) fn render(rejection: &Rejection) -> HttpResponse {
    match rejection {
        Rejection::InvalidBearer => answer::json(rejection.status(), &TOKEN_NOT_VALID),
        other => answer::json(other.status(), &Detail { detail: other.sentence() }),
    }
}

/// The shape of these words.
pub(super) fn shape(rejection: &Rejection) -> Shape {
    match rejection {
        Rejection::InvalidBearer => Shape::of::<TokenNotValid>(),
        _ => Shape::of::<Detail>(),
    }
}

/// What was asked for was not done.
pub enum AccountsRefused {
    /// Members of the body, or parameters of the query, are wrong.
    Fields(FieldErrors),
    /// The password of a new account was not typed the same twice.
    PasswordsDiffer,
    /// There is no refresh token in the body.
    RefreshMissing,
    /// What stands in the place of a refresh token cannot be one.
    NoToken,
    /// Nobody is signed up.
    SignUp(SignUpError),
    /// Nobody is logged in.
    LogIn(RequestTokenError),
    /// There is no new access token.
    Refresh(RefreshError),
    /// Nobody is logged out.
    LogOut(LogOutError),
    /// There is no profile.
    Profile(FindProfileError),
    /// The profile is not changed.
    UpdateProfile(UpdateProfileError),
    /// The password is not changed.
    ChangePassword(ChangePasswordError),
    /// The password is not reset.
    ResetPassword(ResetPasswordError),
    /// No address is confirmed.
    ConfirmEmail(ConfirmEmailError),
    /// The account is not deleted.
    DeleteAccount(DeleteAccountError),
    /// No session ended.
    EndSession(EndSessionError),
    /// Something that is needed did not work.
    Outage(Outage),
}

macro_rules! from {
    ($($error:ty => $variant:ident),* $(,)?) => {
        $(impl From<$error> for AccountsRefused {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    FieldErrors => Fields,
    SignUpError => SignUp,
    RequestTokenError => LogIn,
    RefreshError => Refresh,
    LogOutError => LogOut,
    FindProfileError => Profile,
    UpdateProfileError => UpdateProfile,
    ChangePasswordError => ChangePassword,
    ResetPasswordError => ResetPassword,
    ConfirmEmailError => ConfirmEmail,
    DeleteAccountError => DeleteAccount,
    EndSessionError => EndSession,
    Outage => Outage,
}

impl From<AccountsRefused> for Refusal {
    fn from(refused: AccountsRefused) -> Self {
        match refused {
            AccountsRefused::Fields(errors) => fields(&errors),
            AccountsRefused::PasswordsDiffer => passwords_differ(),
            AccountsRefused::RefreshMissing => error(StatusCode::BAD_REQUEST, "Refresh token is required"),
            AccountsRefused::NoToken => error(StatusCode::BAD_REQUEST, "Invalid token"),
            AccountsRefused::SignUp(error) => sign_up(error),
            AccountsRefused::LogIn(error) => log_in(error),
            AccountsRefused::Refresh(error) => refresh(error),
            AccountsRefused::LogOut(error) => log_out(error),
            AccountsRefused::Profile(FindProfileError::Gone) => Rejection::InvalidBearer.into(),
            AccountsRefused::UpdateProfile(error) => update_profile(error),
            AccountsRefused::ChangePassword(error) => change_password(error),
            AccountsRefused::ResetPassword(error) => reset_password(error),
            AccountsRefused::ConfirmEmail(error) => confirm_email(error),
            AccountsRefused::DeleteAccount(error) => delete_account(error),
            AccountsRefused::EndSession(EndSessionError::Unknown) => Rejection::NotFound.into(),
            AccountsRefused::Profile(FindProfileError::Outage(outage))
            | AccountsRefused::EndSession(EndSessionError::Outage(outage))
            | AccountsRefused::Outage(outage) => Rejection::from(outage).into(),
        }
    }
}

fn sign_up(error: SignUpError) -> Refusal {
    match error {
        SignUpError::Register(RegisterError::WeakPassword(problems)) => weak("password", problems),
        SignUpError::Register(RegisterError::Taken { email, username }) => taken(email, username),
        SignUpError::Register(RegisterError::Outage(outage))
        | SignUpError::OpenSession(OpenSessionError::Outage(outage)) => Rejection::from(outage).into(),
        // Disabled in the moment in which it was made.
        SignUpError::OpenSession(OpenSessionError::Superseded) => wrong_credentials(),
    }
}

fn log_in(error: RequestTokenError) -> Refusal {
    match error {
        RequestTokenError::Outage(outage) => Rejection::from(outage).into(),
        // A disabled account is one whose password is wrong (requirement A1).
        RequestTokenError::WrongCredentials | RequestTokenError::Refused(_) => wrong_credentials(),
    }
}

fn wrong_credentials() -> Refusal {
    non_field(StatusCode::UNAUTHORIZED, "Invalid email or password")
}

/// What is spent or revoked is worded like what never was a token.
fn refresh(refused: RefreshError) -> Refusal {
    let status = status::of(refused.kind());
    match refused {
        RefreshError::Outage(outage) => Rejection::from(outage).into(),
        RefreshError::Invalid | RefreshError::Revoked => {
            let mut response = answer::json(status, &Error { error: "Invalid refresh token" });
            response.headers_mut().insert(WWW_AUTHENTICATE, headers::INVALID_TOKEN);
            Refusal::Answered(response)
        }
    }
}

/// The caller is who they say; it is the body that is wrong. Hence 400, also where the kind of the error says 401.
fn log_out(refused: LogOutError) -> Refusal {
    match refused {
        LogOutError::InvalidRefresh | LogOutError::NotYours => error(StatusCode::BAD_REQUEST, "Invalid token"),
        LogOutError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn update_profile(error: UpdateProfileError) -> Refusal {
    match error {
        UpdateProfileError::PasswordMissing => {
            fields(&FieldErrors::from_iter([("current_password", Problem::Missing)]))
        }
        UpdateProfileError::WrongPassword => wrong_password(),
        UpdateProfileError::Taken { email, username } => taken(email, username),
        UpdateProfileError::Gone => Rejection::InvalidBearer.into(),
        UpdateProfileError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn change_password(error: ChangePasswordError) -> Refusal {
    match error {
        ChangePasswordError::WrongPassword => wrong_password(),
        ChangePasswordError::Weak(problems) => weak("new_password", problems),
        ChangePasswordError::Differ => non_field(StatusCode::BAD_REQUEST, "New passwords don't match"),
        ChangePasswordError::Gone => Rejection::InvalidBearer.into(),
        ChangePasswordError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn reset_password(refused: ResetPasswordError) -> Refusal {
    match refused {
        ResetPasswordError::Weak(problems) => weak("password", problems),
        ResetPasswordError::Differ => passwords_differ(),
        ResetPasswordError::InvalidLink => error(StatusCode::BAD_REQUEST, "Invalid or expired reset token"),
        ResetPasswordError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn confirm_email(refused: ConfirmEmailError) -> Refusal {
    match refused {
        ConfirmEmailError::InvalidLink => error(StatusCode::BAD_REQUEST, "Invalid or expired verification token"),
        ConfirmEmailError::Outage(outage) => Rejection::from(outage).into(),
    }
}

fn delete_account(error: DeleteAccountError) -> Refusal {
    let status = status::of(error.kind());
    match error {
        DeleteAccountError::WrongPassword => wrong_password(),
        DeleteAccountError::LastSuperuser => {
            let detail = "The last superuser cannot be deleted.";
            Refusal::Answered(answer::json(status, &Detail { detail }))
        }
        DeleteAccountError::Gone => Rejection::InvalidBearer.into(),
        DeleteAccountError::Outage(outage) => Rejection::from(outage).into(),
    }
}

/// A map of fields is a 400, also where the kind of the error would be a conflict.
fn fields(errors: &FieldErrors) -> Refusal {
    Refusal::Answered(answer::json(StatusCode::BAD_REQUEST, &FieldMap(errors)))
}

fn weak(field: &'static str, problems: Vec<PasswordProblem>) -> Refusal {
    fields(&problems.into_iter().map(|problem| (field, Problem::Weak(problem))).collect())
}

fn taken(email: bool, username: bool) -> Refusal {
    let taken = [(email, "email"), (username, "username")].into_iter().filter(|(taken, _)| *taken);
    fields(&taken.map(|(_, field)| (field, Problem::Taken)).collect())
}

fn wrong_password() -> Refusal {
    let body = CurrentPassword { current_password: ["Current password is incorrect"] };
    Refusal::Answered(answer::json(StatusCode::BAD_REQUEST, &body))
}

fn passwords_differ() -> Refusal {
    non_field(StatusCode::BAD_REQUEST, "Passwords don't match")
}

fn non_field(status: StatusCode, words: &'static str) -> Refusal {
    Refusal::Answered(answer::json(status, &NonField { non_field_errors: [words] }))
}

fn error(status: StatusCode, error: &'static str) -> Refusal {
    Refusal::Answered(answer::json(status, &Error { error }))
}
