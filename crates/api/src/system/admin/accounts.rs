//! The accounts, as staff sees them.

use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use tessera_domain::{FullName, Identifier, User, UserId, Username};
use tessera_services::administration::{AdministrationService, ListAccounts, WhichAccounts};
use tessera_services::auth::UserPageRequest;
use tessera_services::tokens::Caller;
use utoipa::ToSchema;

use super::error::AdministrationRefused;
use crate::document::texts;
use crate::http::answer::{self, as_text};
use crate::http::body::Json;
use crate::http::extract::RawQuery;
use crate::http::form;
use crate::http::page::Page;

/// Where the list is.
pub const LIST: &str = "/admin/accounts";

type Service = web::Data<dyn AdministrationService>;

/// An account with everything but its secrets.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts of the account")]
#[schema(as = administration::Account)]
pub(super) struct Account<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = texts::Address)]
    email: &'a str,
    #[schema(value_type = Option<texts::Username>, required)]
    username: Option<&'a str>,
    #[schema(value_type = Option<texts::FullName>, required)]
    full_name: Option<&'a str>,
    is_active: bool,
    is_verified: bool,
    is_staff: bool,
    is_superuser: bool,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    date_joined: tessera_domain::Timestamp,
    #[schema(value_type = Option<texts::Moment>, required)]
    last_login: Option<String>,
    #[schema(required)]
    last_login_ip: Option<String>,
}

impl<'a> From<&'a User> for Account<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str(),
            username: user.username.as_ref().map(Username::as_str),
            full_name: user.full_name.as_ref().map(FullName::as_str),
            is_active: user.is_active,
            is_verified: user.is_verified,
            is_staff: user.is_staff,
            is_superuser: user.is_superuser,
            date_joined: user.date_joined,
            last_login: user.last_login.map(|at| at.to_string()),
            last_login_ip: user.last_login_ip.map(|ip| ip.to_string()),
        }
    }
}

/// Names an account.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = administration::Named)]
pub struct Named {
    #[schema(value_type = texts::Id)]
    id: String,
}

/// `GET /admin/accounts?limit=&cursor=`, or `?name=` for the one account with an address or a username.
pub async fn list(
    caller: Caller,
    RawQuery(query): RawQuery,
    administration: Service,
) -> Result<HttpResponse, AdministrationRefused> {
    let page = Page::parse(&query)?;
    let request = UserPageRequest { after: page.after.map(UserId::from_bytes), limit: page.limit };
    let which = named(&query).unwrap_or(WhichAccounts::Page(request));
    let listing = administration.list_accounts(ListAccounts { caller, which }).await?;
    let accounts: Vec<_> = listing.users.iter().map(Account::from).collect();
    let mut response = answer::json(StatusCode::OK, &accounts);
    if let Some(link) = listing.next_after.and_then(|id| page.link_to_next(LIST, id.as_bytes())) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// The name that is looked for, if one is. What can be nobody's finds nobody.
fn named(query: &str) -> Option<WhichAccounts> {
    let name = form::pairs(query.as_bytes()).find(|(name, _)| name.as_deref() == Ok("name"))?.1.unwrap_or_default();
    let name = name.trim();
    let parsed = if name.contains('@') { Identifier::from_email(name) } else { Identifier::from_username(name) };
    Some(WhichAccounts::Named(parsed.ok().flatten()))
}

/// `POST /admin/accounts/disable`
pub async fn disable(
    caller: Caller,
    Json(body): Json<Named>,
    administration: Service,
) -> Result<HttpResponse, AdministrationRefused> {
    set_active(&caller, &body, false, administration).await
}

/// `POST /admin/accounts/enable`
pub async fn enable(
    caller: Caller,
    Json(body): Json<Named>,
    administration: Service,
) -> Result<HttpResponse, AdministrationRefused> {
    set_active(&caller, &body, true, administration).await
}

async fn set_active(
    caller: &Caller,
    body: &Named,
    active: bool,
    administration: Service,
) -> Result<HttpResponse, AdministrationRefused> {
    let id = body.id.parse().map_err(|_| AdministrationRefused::NoId)?;
    let user = administration.set_active(caller, id, active).await?;
    Ok(answer::json(StatusCode::OK, &Account::from(&user)))
}
