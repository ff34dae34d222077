//! Who is on the other end of the line.

use std::net::IpAddr;

use tessera_domain::{SessionClient, UserAgent};

use crate::limits::Standings;

/// What is known of the client that sent a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address, as far as the configured proxies can be believed. Attempts are counted by it.
    pub ip: Option<IpAddr>,
    /// What it says it is. It decides nothing; it is noted.
    pub user_agent: Option<UserAgent>,
    /// Where it stands with the limits that this request met.
    pub standings: Standings,
}

impl ClientInfo {
    /// What is noted of it beside a session.
    pub fn of_session(&self) -> SessionClient {
        SessionClient { ip: self.ip, user_agent: self.user_agent.clone() }
    }
}
