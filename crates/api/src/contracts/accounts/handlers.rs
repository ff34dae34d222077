//! The handlers of `accounts`: each makes a command, calls one service, and words the outcome.

use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use tessera_domain::{ActivityId, OnRetry, RefreshPolicy, Rotation, SessionId};
use tessera_services::ClientInfo;
use tessera_services::account::{AccountService, ActivityPageQuery, SessionPageQuery};
use tessera_services::orchestrator::{AccountLogin, OrchestratorService};
use tessera_services::tokens::{Caller, TokenService};

use super::dto::{
    Access, ChangePasswordBody, DeleteProfileBody, EndedSessions, ForgotPasswordBody, LogInBody, LogOutBody, Message,
    Profile, RefreshBody, RegisterBody, ResetPasswordBody, UpdateProfileBody, VerifyEmailBody, WithProfile,
    WithSession, WithTokens, entries, open_sessions,
};
use super::error::AccountsRefused;
use crate::http::answer;
use crate::http::body::JsonOrForm;
use crate::http::caller::Anonymous;
use crate::http::extract::{PathId, RawQuery};
use crate::http::page::Page;

/// Where the activity log is.
pub const ACTIVITY: &str = "/api/auth/activity";

/// Where the list of sessions is.
pub const SESSIONS: &str = "/api/auth/sessions";

/// A refresh token stays good. One that another contract rotated away is refused: the answer has no place for its
/// successor.
const KEPT: RefreshPolicy = RefreshPolicy { rotation: Rotation::Keep, on_retry: OnRetry::Refuse };

type Accounts = web::Data<dyn AccountService>;
type Tokens = web::Data<dyn TokenService>;
type Answered = Result<HttpResponse, AccountsRefused>;

/// `POST /api/auth/register/`
pub async fn register(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<RegisterBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    let grant = accounts.sign_up(body.into_command(client)?).await?;
    Ok(answer::json(StatusCode::CREATED, &WithSession::new("User registered successfully", &grant)))
}

/// `POST /api/auth/login/`
pub async fn log_in(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<LogInBody>,
    client: ClientInfo,
    login: web::Data<dyn OrchestratorService<AccountLogin>>,
) -> Answered {
    let grant = login.request_token(body.into_request(client)?).await?;
    Ok(answer::json(StatusCode::OK, &WithSession::new("Login successful", &grant)))
}

/// `POST /api/auth/refresh/`
pub async fn refresh(
    _: Anonymous,
    body: Option<JsonOrForm<RefreshBody>>,
    client: ClientInfo,
    tokens: Tokens,
) -> Answered {
    let pair = tokens.refresh(&RefreshBody::token(body)?, KEPT, &client).await?;
    Ok(answer::json(StatusCode::OK, &Access::from(&pair)))
}

/// `POST /api/auth/logout/`
pub async fn log_out(
    caller: Caller,
    body: Option<JsonOrForm<LogOutBody>>,
    client: ClientInfo,
    tokens: Tokens,
) -> Answered {
    tokens.log_out(&caller, LogOutBody::token(body)?, &client).await?;
    Ok(message("Logout successful"))
}

/// `GET /api/auth/profile/`
pub async fn profile(caller: Caller, accounts: Accounts) -> Answered {
    let user = accounts.find_profile(&caller).await?;
    Ok(answer::json(StatusCode::OK, &Profile::from(&user)))
}

/// `PUT /api/auth/profile/update/`, and `PATCH`
pub async fn update_profile(
    caller: Caller,
    JsonOrForm(body): JsonOrForm<UpdateProfileBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    let user = accounts.update_profile(body.into_command(caller, client)?).await?;
    Ok(answer::json(StatusCode::OK, &WithProfile::new("Profile updated successfully", &user)))
}

/// `DELETE /api/auth/profile/`
pub async fn delete_profile(
    caller: Caller,
    body: Option<JsonOrForm<DeleteProfileBody>>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    accounts.delete_account(DeleteProfileBody::into_command(body, caller, client)?).await?;
    Ok(message("Account deleted successfully"))
}

/// `POST /api/auth/forgot-password/`
pub async fn forgot_password(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<ForgotPasswordBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    accounts.request_password_reset(body.into_email()?, &client).await?;
    Ok(message("If an account with this email exists, a password reset link has been sent."))
}

/// `POST /api/auth/reset-password/`
pub async fn reset_password(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<ResetPasswordBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    accounts.reset_password(body.into_command(client)?).await?;
    Ok(message("Password reset successful"))
}

/// `POST /api/auth/change-password/`
pub async fn change_password(
    caller: Caller,
    JsonOrForm(body): JsonOrForm<ChangePasswordBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    let pair = accounts.change_password(body.into_command(caller, client)?).await?;
    Ok(answer::json(StatusCode::OK, &WithTokens::new("Password changed successfully", &pair)))
}

/// `POST /api/auth/verify-email/`
pub async fn verify_email(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<VerifyEmailBody>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    accounts.confirm_email(body.into_command(client)?).await?;
    Ok(message("Email verified successfully"))
}

/// `POST /api/auth/verify-email/resend/`
pub async fn resend_verification(caller: Caller, client: ClientInfo, accounts: Accounts) -> Answered {
    accounts.resend_confirmation(&caller, &client).await?;
    Ok(message("If this address is not verified yet, a verification link has been sent."))
}

/// `GET /api/auth/sessions/`
pub async fn sessions(caller: Caller, RawQuery(query): RawQuery, accounts: Accounts) -> Answered {
    let page = Page::parse(&query)?;
    let query = SessionPageQuery { before: page.after.map(SessionId::from_bytes), limit: page.limit };
    let listing = accounts.list_sessions(&caller, query).await?;
    let mut response = answer::json(StatusCode::OK, &open_sessions(&listing, &caller));
    if let Some(link) = listing.next_before.and_then(|id| page.link_to_next(SESSIONS, id.as_bytes())) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// `DELETE /api/auth/sessions/{id}/`
pub async fn end_session(
    caller: Caller,
    PathId(id): PathId<SessionId>,
    client: ClientInfo,
    accounts: Accounts,
) -> Answered {
    accounts.end_session(&caller, id, &client).await?;
    Ok(message("Session ended successfully"))
}

/// `DELETE /api/auth/sessions/`
pub async fn end_other_sessions(caller: Caller, client: ClientInfo, accounts: Accounts) -> Answered {
    let ended = accounts.end_other_sessions(&caller, &client).await?;
    Ok(answer::json(StatusCode::OK, &EndedSessions { message: "Other sessions ended successfully", ended }))
}

/// `GET /api/auth/activity/`
pub async fn activity(caller: Caller, RawQuery(query): RawQuery, accounts: Accounts) -> Answered {
    let page = Page::parse(&query)?;
    let query = ActivityPageQuery { before: page.after.map(ActivityId::from_bytes), limit: page.limit };
    let listing = accounts.list_activity(&caller, query).await?;
    let mut response = answer::json(StatusCode::OK, &entries(&listing));
    if let Some(link) = listing.next_before.and_then(|id| page.link_to_next(ACTIVITY, id.as_bytes())) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn message(message: &'static str) -> HttpResponse {
    answer::json(StatusCode::OK, &Message { message })
}
