//! The wire types of `one_time_tokens`, the one place with Spanish names: `correo` is the address, `nombre` the full
//! name.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tessera_domain::{Email, FullName, Identifier, OneTimeSecret, PlainPassword, Privileges, User, UserId};
use tessera_services::ClientInfo;
use tessera_services::auth::RegisterUser;
use tessera_services::one_time::NewOneTimeToken;
use tessera_services::orchestrator::{LoginGrant, LoginRequest};
use utoipa::ToSchema;
use validator::Validate;

use crate::document::texts;
use crate::http::answer::as_text;
use crate::http::fields::{FieldErrors, Fields, Member, text};

/// A new account. Whatever else a body asks for, privileges for example, is not even read (requirement A6).
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = one_time_tokens::Register, description = "A new account.")]
pub struct Register {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::FullName, required)]
    nombre: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    correo: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password: Member,
}

impl Register {
    pub fn into_command(self, client: ClientInfo) -> Result<RegisterUser, FieldErrors> {
        let mut fields = Fields::of(&self);
        let full_name = fields.read("nombre", &self.nombre, FullName::parse);
        let email = fields.read("correo", &self.correo, Email::parse);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        match (full_name, email, password) {
            (Some(full_name), Some(email), Some(password)) => Ok(RegisterUser {
                email,
                username: None,
                full_name: Some(full_name),
                password,
                privileges: Privileges::None,
                client,
            }),
            _ => Err(fields.into_errors()),
        }
    }
}

/// A login.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = one_time_tokens::LogIn)]
pub struct LogIn {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    correo: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    password: Member,
}

impl LogIn {
    pub fn into_request(self, client: ClientInfo) -> Result<LoginRequest, FieldErrors> {
        let mut fields = Fields::of(&self);
        let identifier = fields.read("correo", &self.correo, Identifier::from_email);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        match (identifier, password) {
            (Some(identifier), Some(password)) => Ok(LoginRequest { identifier, password, client }),
            _ => Err(fields.into_errors()),
        }
    }
}

/// A one-time token to spend.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = one_time_tokens::ValidateToken)]
pub struct ValidateToken {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::OneTimeToken, required)]
    token: Member,
}

impl ValidateToken {
    /// A body without a text is malformed; a text that cannot be a token of ours is nobody's, `None`.
    pub fn into_secret(self) -> Result<Option<OneTimeSecret>, FieldErrors> {
        let mut fields = Fields::of(&self);
        let secret = fields.read("token", &self.token, |text| Ok(OneTimeSecret::parse(text).ok()));
        secret.ok_or_else(|| fields.into_errors())
    }
}

/// A new account.
#[derive(Serialize, ToSchema)]
#[schema(as = one_time_tokens::Registered)]
pub struct Registered<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = Option<texts::FullName>, required)]
    nombre: Option<&'a str>,
    #[schema(value_type = texts::Address)]
    correo: &'a str,
    is_active: bool,
}

impl<'a> From<&'a User> for Registered<'a> {
    fn from(user: &'a User) -> Self {
        let nombre = user.full_name.as_ref().map(FullName::as_str);
        Self { id: user.id, nombre, correo: user.email.as_str(), is_active: user.is_active }
    }
}

/// A login. The session's refresh token stays unsaid: this contract has no use for one.
#[derive(Serialize, ToSchema)]
#[schema(as = one_time_tokens::LoggedIn, description = "A login.")]
pub struct LoggedIn<'a> {
    #[schema(value_type = texts::AccessToken)]
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
}

impl<'a> LoggedIn<'a> {
    pub fn new(grant: &'a LoginGrant, lifetime: Duration) -> Self {
        let access_token = grant.tokens.access.expose();
        Self { access_token, token_type: "bearer", expires_in: lifetime.as_secs() }
    }
}

/// A new one-time token.
#[derive(Serialize, ToSchema)]
#[schema(as = one_time_tokens::Created, description = "A new one-time token, and for how many seconds it can be spent.")]
pub struct Created {
    #[schema(value_type = texts::OneTimeToken)]
    token: String,
    expires_in: u64,
}

impl From<NewOneTimeToken> for Created {
    fn from(new: NewOneTimeToken) -> Self {
        Self { token: new.secret.reveal(), expires_in: new.lifetime.as_secs() }
    }
}

/// `{"message": "..."}`
#[derive(Serialize, ToSchema)]
#[schema(as = one_time_tokens::Message, description = "What happened, in a sentence.")]
pub struct Message {
    pub message: &'static str,
}
