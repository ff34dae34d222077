//! The wire types of `users`.

use serde::{Deserialize, Serialize};
use tessera_domain::{
    Email, Identifier, PlainPassword, Privileges, RefreshToken, Timestamp, TokenPair, User, UserId, Username,
};
use tessera_services::ClientInfo;
use tessera_services::auth::{RegisterUser, UserListing};
use tessera_services::orchestrator::{LoginGrant, LoginRequest};
use utoipa::ToSchema;
use validator::Validate;

use super::error::UsersRefused;
use super::refresh_header::RefreshHeader;
use crate::document::texts;
use crate::http::answer::as_text;
use crate::http::body::Json;
use crate::http::fields::{FieldErrors, Fields, Member, optional_text, text};

/// A new account. Whatever else a body asks for, privileges for example, is not even read (requirement A6).
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = users::CreateUser, description = "A new account.")]
pub struct CreateUser {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Username, required)]
    username: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    email: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password: Member,
}

impl CreateUser {
    pub fn into_command(self, client: ClientInfo) -> Result<RegisterUser, FieldErrors> {
        let mut fields = Fields::of(&self);
        let username = fields.read("username", &self.username, Username::parse);
        let email = fields.read("email", &self.email, Email::parse);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        match (username, email, password) {
            (Some(username), Some(email), Some(password)) => Ok(RegisterUser {
                email,
                username: Some(username),
                full_name: None,
                password,
                privileges: Privileges::None,
                client,
            }),
            _ => Err(fields.into_errors()),
        }
    }
}

/// A login by address.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = users::LogIn)]
pub struct LogIn {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    email: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    password: Member,
}

impl LogIn {
    pub fn into_request(self, client: ClientInfo) -> Result<LoginRequest, FieldErrors> {
        let mut fields = Fields::of(&self);
        let identifier = fields.read("email", &self.email, Identifier::from_email);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        login_request(fields, identifier.zip(password), client)
    }
}

/// A login by address or, where there is none, by username.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = users::LogInByEitherName)]
pub struct LogInByEitherName {
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::Address)]
    email: Member,
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::Username)]
    username: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    password: Member,
}

impl LogInByEitherName {
    pub fn into_request(self, client: ClientInfo) -> Result<LoginRequest, FieldErrors> {
        let mut fields = Fields::of(&self);
        let identifier = match (&self.email, &self.username) {
            (Member::Missing, Member::Null | Member::NotText | Member::Text(_)) => {
                fields.read("username", &self.username, Identifier::from_username)
            }
            _ => fields.read("email", &self.email, Identifier::from_email),
        };
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        login_request(fields, identifier.zip(password), client)
    }
}

fn login_request(
    fields: Fields,
    read: Option<(Option<Identifier>, PlainPassword)>,
    client: ClientInfo,
) -> Result<LoginRequest, FieldErrors> {
    match read {
        Some((identifier, password)) => Ok(LoginRequest { identifier, password, client }),
        None => Err(fields.into_errors()),
    }
}

/// A logout: the refresh token once more, beside the header.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = users::LogOut, description = "A logout.")]
pub struct LogOut {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::RefreshToken, required)]
    refresh_token: Member,
}

impl LogOut {
    /// The token of the header, if the body says the same.
    pub fn agreeing(body: Option<Json<Self>>, header: RefreshHeader) -> Result<RefreshToken, UsersRefused> {
        match body {
            Some(Json(Self { refresh_token: Member::Text(text) })) if text.trim() == header.0.expose() => Ok(header.0),
            _ => Err(UsersRefused::RefreshHeader),
        }
    }
}

/// A new account.
#[derive(Serialize, ToSchema)]
#[schema(as = users::Created)]
pub struct Created<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = Option<texts::Username>, required)]
    username: Option<&'a str>,
    #[schema(value_type = texts::Address)]
    email: &'a str,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    date_joined: Timestamp,
}

impl<'a> From<&'a User> for Created<'a> {
    fn from(user: &'a User) -> Self {
        Self { id: user.id, username: username(user), email: user.email.as_str(), date_joined: user.date_joined }
    }
}

/// An account that has just logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = users::LoggedIn)]
pub struct LoggedIn<'a> {
    message: &'static str,
    #[serde(flatten)]
    tokens: Tokens<'a>,
    user: Own<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = users::Own, description = "An account, as its owner sees it.")]
struct Own<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = Option<texts::Username>, required)]
    username: Option<&'a str>,
    #[schema(value_type = texts::Address)]
    email: &'a str,
}

impl<'a> From<&'a LoginGrant> for LoggedIn<'a> {
    fn from(LoginGrant { user, tokens }: &'a LoginGrant) -> Self {
        let own = Own { id: user.id, username: username(user), email: user.email.as_str() };
        Self { message: "Login successful", tokens: tokens.into(), user: own }
    }
}

/// A new pair of tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = users::Tokens)]
pub struct Tokens<'a> {
    #[schema(value_type = texts::AccessToken)]
    access_token: &'a str,
    #[schema(value_type = texts::RefreshToken)]
    refresh_token: &'a str,
}

impl<'a> From<&'a TokenPair> for Tokens<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self { access_token: pair.access.expose(), refresh_token: pair.refresh.expose() }
    }
}

/// An account in the list. Its address is there for those who may see it (requirement A7).
#[derive(Serialize, ToSchema)]
#[schema(as = users::Listed, description = "An account in the list. Its address is there for staff.")]
pub struct Listed<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = Option<texts::Username>, required)]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = texts::Address, required = false)]
    email: Option<&'a str>,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    date_joined: Timestamp,
}

/// The accounts of a page.
pub fn listed(listing: &UserListing) -> Vec<Listed<'_>> {
    let entry = |user| Listed::new(user, listing.shows_email);
    listing.users.iter().map(entry).collect()
}

impl<'a> Listed<'a> {
    fn new(user: &'a User, shows_email: bool) -> Self {
        let email = shows_email.then(|| user.email.as_str());
        Self { id: user.id, username: username(user), email, date_joined: user.date_joined }
    }
}

fn username(user: &User) -> Option<&str> {
    user.username.as_ref().map(Username::as_str)
}
