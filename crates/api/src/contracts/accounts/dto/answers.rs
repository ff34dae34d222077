//! What `accounts` answers with.

use std::net::IpAddr;

use serde::Serialize;
use tessera_domain::{Activity, ActivityId, FullName, Timestamp, TokenPair, User, UserId, Username};
use tessera_services::account::ActivityListing;
use tessera_services::orchestrator::LoginGrant;
use utoipa::ToSchema;

use crate::document::texts;
use crate::http::answer::{AsText, as_text};

/// `{"message": "..."}`
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Message, description = "What happened, in a sentence.")]
pub struct Message {
    pub message: &'static str,
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Profile)]
pub struct Profile<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: UserId,
    #[schema(value_type = texts::Address)]
    email: &'a str,
    #[schema(value_type = Option<texts::FullName>, required)]
    full_name: Option<&'a str>,
    #[schema(value_type = Option<texts::Username>, required)]
    username: Option<&'a str>,
    is_verified: bool,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    created_at: Timestamp,
    #[schema(value_type = Option<texts::Moment>, required)]
    last_login: Option<AsText<Timestamp>>,
}

impl<'a> From<&'a User> for Profile<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str(),
            full_name: user.full_name.as_ref().map(FullName::as_str),
            username: user.username.as_ref().map(Username::as_str),
            is_verified: user.is_verified,
            created_at: user.date_joined,
            last_login: user.last_login.map(AsText),
        }
    }
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Tokens)]
struct Tokens<'a> {
    #[schema(value_type = texts::RefreshToken)]
    refresh: &'a str,
    #[schema(value_type = texts::AccessToken)]
    access: &'a str,
}

impl<'a> From<&'a TokenPair> for Tokens<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self { refresh: pair.refresh.expose(), access: pair.access.expose() }
    }
}

/// A new access token.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Access)]
pub struct Access<'a> {
    #[schema(value_type = texts::AccessToken)]
    access: &'a str,
}

impl<'a> From<&'a TokenPair> for Access<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self { access: pair.access.expose() }
    }
}

/// A message, with the account and the tokens of its new session.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::WithSession)]
pub struct WithSession<'a> {
    message: &'static str,
    user: Profile<'a>,
    tokens: Tokens<'a>,
}

impl<'a> WithSession<'a> {
    pub fn new(message: &'static str, grant: &'a LoginGrant) -> Self {
        Self { message, user: (&grant.user).into(), tokens: (&grant.tokens).into() }
    }
}

/// A message, with the account.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::WithProfile)]
pub struct WithProfile<'a> {
    message: &'static str,
    user: Profile<'a>,
}

impl<'a> WithProfile<'a> {
    pub fn new(message: &'static str, user: &'a User) -> Self {
        Self { message, user: user.into() }
    }
}

/// A message, with tokens to go on with.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::WithTokens)]
pub struct WithTokens<'a> {
    message: &'static str,
    tokens: Tokens<'a>,
}

impl<'a> WithTokens<'a> {
    pub fn new(message: &'static str, pair: &'a TokenPair) -> Self {
        Self { message, tokens: pair.into() }
    }
}

/// An entry of the activity log.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::Entry)]
pub struct Entry<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: ActivityId,
    event: &'static str,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    at: Timestamp,
    #[schema(value_type = Option<String>, required)]
    ip: Option<AsText<IpAddr>>,
    #[schema(required)]
    user_agent: Option<&'a str>,
}

impl<'a> From<&'a Activity> for Entry<'a> {
    fn from(entry: &'a Activity) -> Self {
        Self {
            id: entry.id,
            event: entry.event.name(),
            at: entry.at,
            ip: entry.ip.map(AsText),
            user_agent: entry.user_agent.as_deref(),
        }
    }
}

/// The entries of a page.
pub fn entries(listing: &ActivityListing) -> Vec<Entry<'_>> {
    listing.entries.iter().map(Entry::from).collect()
}
