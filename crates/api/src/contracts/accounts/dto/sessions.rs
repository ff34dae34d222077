//! Logging in, going on, logging out.

use serde::Deserialize;
use tessera_domain::{Identifier, PlainPassword, RefreshToken};
use tessera_services::ClientInfo;
use tessera_services::orchestrator::LoginRequest;
use utoipa::ToSchema;
use validator::Validate;

use crate::contracts::accounts::error::AccountsRefused;
use crate::document::texts;
use crate::http::body::JsonOrForm;
use crate::http::fields::{FieldErrors, Fields, Member, text};

/// A login.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::LogInBody)]
pub struct LogInBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    email: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    password: Member,
}

impl LogInBody {
    pub fn into_request(self, client: ClientInfo) -> Result<LoginRequest, FieldErrors> {
        let mut fields = Fields::of(&self);
        let identifier = fields.read("email", &self.email, Identifier::from_email);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        match (identifier, password) {
            (Some(identifier), Some(password)) => Ok(LoginRequest { identifier, password, client }),
            _ => Err(fields.into_errors()),
        }
    }
}

/// A refresh token to go on with.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = accounts::RefreshBody)]
pub struct RefreshBody {
    #[schema(value_type = texts::RefreshToken, required)]
    refresh: Member,
}

impl RefreshBody {
    /// The token, if a text stands in its place.
    pub fn token(body: Option<JsonOrForm<Self>>) -> Result<RefreshToken, AccountsRefused> {
        match body {
            Some(JsonOrForm(Self { refresh: Member::Text(text) })) if !text.trim().is_empty() => Ok(token(&text)),
            _ => Err(AccountsRefused::RefreshMissing),
        }
    }
}

/// A refresh token whose session is to end with the caller's.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = accounts::LogOutBody, description = "A refresh token whose session is to end, too.")]
pub struct LogOutBody {
    #[schema(value_type = Option<texts::RefreshToken>, required = false)]
    refresh: Member,
}

impl LogOutBody {
    /// The token, if there is one. `null` and blank are none.
    pub fn token(body: Option<JsonOrForm<Self>>) -> Result<Option<RefreshToken>, AccountsRefused> {
        match body.map(|JsonOrForm(body)| body.refresh) {
            None | Some(Member::Missing | Member::Null) => Ok(None),
            Some(Member::NotText) => Err(AccountsRefused::NoToken),
            Some(Member::Text(text)) => Ok((!text.trim().is_empty()).then(|| token(&text))),
        }
    }
}

fn token(text: &str) -> RefreshToken {
    RefreshToken::new(text.trim())
}
