//! Who is on the other end of the line.

use std::net::IpAddr;

/// What is known of the client that sent a request. It decides nothing; it is noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address, as far as the configured proxies can be believed.
    pub ip: Option<IpAddr>,
    /// What it says it is, cut to a sane length.
    pub user_agent: Option<String>,
}
