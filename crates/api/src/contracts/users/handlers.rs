//! The handlers of `users`: each makes a command, calls one service, and words the outcome.

use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use tessera_domain::{OnRetry, RefreshPolicy, Rotation, UserId};
use tessera_services::ClientInfo;
use tessera_services::auth::{AuthService, ListUsers, UserPageRequest};
use tessera_services::orchestrator::{AccountLogin, OrchestratorService};
use tessera_services::tokens::{Caller, TokenService};

use super::dto::{CreateUser, Created, LogIn, LogInByEitherName, LogOut, LoggedIn, Tokens, listed};
use super::error::{Message, UsersRefused};
use super::refresh_header::RefreshHeader;
use crate::http::answer;
use crate::http::body::Json;
use crate::http::caller::Anonymous;
use crate::http::extract::RawQuery;
use crate::http::page::Page;

/// Where the list is.
pub const LIST: &str = "/api/v1/users";

/// A refresh token is spent by its use, and a second use within the retry window is refused without harm.
const STRICT: RefreshPolicy = RefreshPolicy { rotation: Rotation::Rotate, on_retry: OnRetry::Refuse };

type Login = web::Data<dyn OrchestratorService<AccountLogin>>;

/// `POST /api/v1/user/create`
pub async fn create(
    _: Anonymous,
    Json(body): Json<CreateUser>,
    client: ClientInfo,
    auth: web::Data<dyn AuthService>,
) -> Result<HttpResponse, UsersRefused> {
    let user = auth.register(body.into_command(client)?).await?;
    Ok(answer::json(StatusCode::CREATED, &Created::from(&user)))
}

/// `POST /api/v1/user/login`
pub async fn log_in(
    _: Anonymous,
    Json(body): Json<LogIn>,
    client: ClientInfo,
    login: Login,
) -> Result<HttpResponse, UsersRefused> {
    let grant = login.request_token(body.into_request(client)?).await?;
    Ok(answer::json(StatusCode::OK, &LoggedIn::from(&grant)))
}

/// `POST /api/login/`
pub async fn log_in_by_either_name(
    _: Anonymous,
    Json(body): Json<LogInByEitherName>,
    client: ClientInfo,
    login: Login,
) -> Result<HttpResponse, UsersRefused> {
    let grant = login.request_token(body.into_request(client)?).await?;
    Ok(answer::json(StatusCode::OK, &LoggedIn::from(&grant)))
}

/// `POST /api/v1/user/refresh`
pub async fn refresh(
    _: Anonymous,
    RefreshHeader(token): RefreshHeader,
    client: ClientInfo,
    tokens: web::Data<dyn TokenService>,
) -> Result<HttpResponse, UsersRefused> {
    let pair = tokens.refresh(&token, STRICT, &client).await?;
    Ok(answer::json(StatusCode::OK, &Tokens::from(&pair)))
}

/// `POST /api/v1/user/logout`
pub async fn log_out(
    caller: Caller,
    header: RefreshHeader,
    body: Option<Json<LogOut>>,
    client: ClientInfo,
    tokens: web::Data<dyn TokenService>,
) -> Result<HttpResponse, UsersRefused> {
    let refresh = LogOut::agreeing(body, header)?;
    tokens.log_out(&caller, Some(refresh), &client).await?;
    Ok(answer::json(StatusCode::OK, &Message { message: "Logout successful" }))
}

/// `GET /api/v1/users`
pub async fn list(
    viewer: Option<Caller>,
    RawQuery(query): RawQuery,
    auth: web::Data<dyn AuthService>,
) -> Result<HttpResponse, UsersRefused> {
    let page = Page::parse(&query)?;
    let request = UserPageRequest { after: page.after.map(UserId::from_bytes), limit: page.limit };
    let listing = auth.list_users(ListUsers { viewer, page: request }).await?;
    let mut response = answer::json(StatusCode::OK, &listed(&listing));
    if let Some(link) = listing.next_after.and_then(|id| page.link_to_next(LIST, id.as_bytes())) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
