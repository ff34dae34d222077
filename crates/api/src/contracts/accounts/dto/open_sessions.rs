//! Where somebody is logged in.

use std::net::IpAddr;

use serde::Serialize;
use tessera_domain::{Session, SessionId, Timestamp, UserAgent};
use tessera_services::account::SessionListing;
use tessera_services::tokens::Caller;
use utoipa::ToSchema;

use crate::document::texts;
use crate::http::answer::{AsText, as_text};

/// An open session, as its owner recognises it.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::OpenSession)]
pub struct OpenSession<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Id)]
    id: SessionId,
    #[schema(required)]
    device: Option<String>,
    #[schema(required)]
    user_agent: Option<&'a str>,
    #[schema(value_type = Option<String>, required)]
    ip: Option<AsText<IpAddr>>,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    created_at: Timestamp,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = texts::Moment)]
    last_used_at: Timestamp,
    current: bool,
}

impl<'a> OpenSession<'a> {
    fn new(session: &'a Session, caller: &Caller) -> Self {
        let user_agent = session.client.user_agent.as_ref();
        Self {
            id: session.id,
            device: user_agent.and_then(UserAgent::device),
            user_agent: user_agent.map(UserAgent::as_str),
            ip: session.client.ip.map(AsText),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            current: session.id == caller.session_id,
        }
    }
}

/// The sessions of a page, among them perhaps the one that the caller calls from.
pub fn open_sessions<'a>(listing: &'a SessionListing, caller: &Caller) -> Vec<OpenSession<'a>> {
    listing.sessions.iter().map(|session| OpenSession::new(session, caller)).collect()
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
#[schema(as = accounts::EndedSessions)]
pub struct EndedSessions {
    pub message: &'static str,
    pub ended: usize,
}
