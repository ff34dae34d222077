//! The handlers of `user_tokens`: each makes a command, calls one service, and words the outcome.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use tessera_services::user_tokens::UserTokenService;

use super::bearer::BearerRefresh;
use super::dto::{GenTokens, Invalidated, Minted, PresentedAccess, Refresh, Refreshed, Validated};
use super::error::UserTokensRefused;
use crate::http::answer;
use crate::http::body::JsonOrForm;
use crate::http::caller::Anonymous;
use crate::http::service_caller::ServiceCaller;

/// Where there is no body, every member is missing.
type Body<T> = Option<JsonOrForm<T>>;
type Tokens = web::Data<dyn UserTokenService>;

/// `POST /auth/token/gen-tokens/`
pub async fn gen_tokens(
    _: ServiceCaller,
    body: Body<GenTokens>,
    tokens: Tokens,
) -> Result<HttpResponse, UserTokensRefused> {
    let command = body.unwrap_or_default().0.into_command()?;
    let pair = tokens.mint(&command).await?;
    Ok(answer::json(StatusCode::CREATED, &Minted::new(&command.id, &pair)))
}

/// `POST /auth/token/refresh/`
pub async fn refresh(
    _: Anonymous,
    header: BearerRefresh,
    body: Body<Refresh>,
    tokens: Tokens,
) -> Result<HttpResponse, UserTokensRefused> {
    let (id, token) = body.unwrap_or_default().0.beside(header)?;
    let access = tokens.refresh(&id, &token).await?;
    Ok(answer::json(StatusCode::OK, &Refreshed { access: access.expose() }))
}

/// `POST /auth/token/validate-token/`
pub async fn validate_token(
    caller: Option<ServiceCaller>,
    body: Body<PresentedAccess>,
    tokens: Tokens,
) -> Result<HttpResponse, UserTokensRefused> {
    let (id, token) = body.unwrap_or_default().0.presented_by(caller)?;
    tokens.validate(&id, &token).await?;
    Ok(answer::json(StatusCode::OK, &Validated { access_token: "Valid token" }))
}

/// `POST /auth/token/invalidate-tokens/`
pub async fn invalidate_tokens(
    caller: Option<ServiceCaller>,
    body: Body<PresentedAccess>,
    tokens: Tokens,
) -> Result<HttpResponse, UserTokensRefused> {
    let (id, token) = body.unwrap_or_default().0.presented_by(caller)?;
    tokens.invalidate(&id, &token).await?;
    Ok(answer::json(StatusCode::OK, &Invalidated { detail: "User logged out" }))
}
