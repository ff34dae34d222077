//! The handlers of `one_time_tokens`: each makes a command, calls one service, and words the outcome.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use tessera_services::ClientInfo;
use tessera_services::auth::AuthService;
use tessera_services::one_time::OneTimeTokenService;
use tessera_services::orchestrator::{AccountLogin, OrchestratorService};
use tessera_services::tokens::{Caller, TokenService};

use super::body::Body;
use super::dto::{Created, LogIn, LoggedIn, Message, Register, Registered, ValidateToken};
use super::error::OneTimeTokensRefused;
use crate::http::answer;
use crate::http::caller::Anonymous;

/// `POST /auth/register`
pub async fn register(
    _: Anonymous,
    body: Body<Register>,
    client: ClientInfo,
    auth: web::Data<dyn AuthService>,
) -> Result<HttpResponse, OneTimeTokensRefused> {
    let user = auth.register(body.make(|body| body.into_command(client))?).await?;
    Ok(answer::json(StatusCode::CREATED, &Registered::from(&user)))
}

/// `POST /auth/login`
pub async fn log_in(
    _: Anonymous,
    body: Body<LogIn>,
    client: ClientInfo,
    login: web::Data<dyn OrchestratorService<AccountLogin>>,
    tokens: web::Data<dyn TokenService>,
) -> Result<HttpResponse, OneTimeTokensRefused> {
    let grant = login.request_token(body.make(|body| body.into_request(client))?).await?;
    Ok(answer::json(StatusCode::OK, &LoggedIn::new(&grant, tokens.access_lifetime())))
}

/// `POST /token/create`
pub async fn create(
    caller: Caller,
    tokens: web::Data<dyn OneTimeTokenService>,
) -> Result<HttpResponse, OneTimeTokensRefused> {
    let new = tokens.create(&caller).await?;
    Ok(answer::json(StatusCode::CREATED, &Created::from(new)))
}

/// `POST /token/validate`
pub async fn validate(
    caller: Caller,
    body: Body<ValidateToken>,
    client: ClientInfo,
    tokens: web::Data<dyn OneTimeTokenService>,
) -> Result<HttpResponse, OneTimeTokensRefused> {
    let secret = body.make(ValidateToken::into_secret)?;
    tokens.consume(&caller, secret, &client).await?;
    Ok(answer::json(StatusCode::OK, &Message { message: "Token válido y ahora consumido" }))
}
