//! Who is on the other end of the line.

use std::net::IpAddr;

use crate::limits::Standings;

/// What is known of the client that sent a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address, as far as the configured proxies can be believed. Attempts are counted by it.
    pub ip: Option<IpAddr>,
    /// What it says it is, cut to a sane length. It decides nothing; it is noted.
    pub user_agent: Option<String>,
    /// Where it stands with the limits that this request met.
    pub standings: Standings,
}
