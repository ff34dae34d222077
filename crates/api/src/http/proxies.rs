//! Which proxies are believed, and the address of a client behind them (requirement L1).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

use super::forwarded::{Hops, by_forwarded, by_x_forwarded_for};

/// The networks whose forwarding headers count. By default there are none: anybody can send such a header.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    /// Whether it was said already that somebody seems to be missing here.
    has_warned: Arc<AtomicBool>,
}

impl TrustedProxies {
    /// Reads addresses and networks with commas between them: `127.0.0.1, 10.0.0.0/8, fd00::/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks = parts.map(network).collect::<Option<Arc<[IpNet]>>>()?;
        Some(Self { networks, ..Self::default() })
    }

    /// The networks, as they were given.
    pub fn networks(&self) -> &[IpNet] {
        &self.networks
    }

    /// The address of the client that sent a request: the peer's or, if that is a proxy that is believed, the one that it
    /// names. The only place where a forwarding header decides anything.
    pub fn client_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        Some(self.behind(peer, request.headers()))
    }

    /// A proxy maintains one of the two headers and may pass on the other as its client wrote it. So if there are both
    /// and they do not say the same, neither is believed: whoever forges one is counted as the proxy itself.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let (forwarded, x_forwarded_for) = (by_forwarded(headers), by_x_forwarded_for(headers));
        if !self.trusts(peer) {
            if forwarded.is_some() || x_forwarded_for.is_some() {
                self.warn_of(peer);
            }
            return peer;
        }
        let mut named = [forwarded, x_forwarded_for].into_iter().flatten().map(|hops| self.walk(peer, hops));
        match (named.next(), named.next()) {
            (Some(client), None) => client,
            (Some(client), Some(other)) if client == other => client,
            _ => peer,
        }
    }

    /// From the peer outwards, as long as the one who names the next is believed. What cannot be read ends the walk, at
    /// the proxy that passed it on.
    fn walk(&self, peer: IpAddr, hops: Hops) -> IpAddr {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            match hop {
                Some(next) if self.trusts(client) => client = next,
                _ => break,
            }
        }
        client
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }

    /// A private address that forwards is a proxy that somebody forgot: all clients behind it count as one, and lock each
    /// other out. From anywhere else it is a forgery.
    fn warn_of(&self, peer: IpAddr) {
        if is_private(peer) && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "a proxy forwards requests, and TRUSTED_PROXIES does not name it: all of its clients are taken for one",
            );
        }
    }
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok().or_else(|| text.parse().ok().map(|ip: IpAddr| IpNet::from(ip.to_canonical())))?;
    Some(network)
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PROXIES: &str = "127.0.0.1, 10.0.0.0/8, fd00::/8";

    fn client(proxies: &str, peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:7").parse().expect("an address"));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let proxies = TrustedProxies::parse(proxies).expect("networks");
        proxies.client_of(&request.to_http_request()).expect("a peer").to_string()
    }

    #[test]
    fn whoever_is_no_proxy_is_the_client_whatever_they_say() {
        let forged = [("X-Forwarded-For", "6.6.6.6"), ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6")];
        assert_eq!(client("", "127.0.0.1", &forged), "127.0.0.1");
        assert_eq!(client(PROXIES, "203.0.113.9", &forged), "203.0.113.9");
        assert_eq!(client(PROXIES, "11.0.0.1", &forged[..1]), "11.0.0.1");
    }

    #[test]
    fn a_proxy_names_its_client() {
        for header in [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1;proto=https")] {
            for peer in ["127.0.0.1", "10.200.0.1", "[::ffff:10.0.0.1]", "[fd00::7]"] {
                assert_eq!(client(PROXIES, peer, &[header]), "192.0.2.1", "{peer}");
            }
        }
        let ipv6 = ("X-Forwarded-For", "2001:db8::1");
        assert_eq!(client(PROXIES, "127.0.0.1", &[ipv6]), "2001:db8::1");
        assert_eq!(client(PROXIES, "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client(PROXIES, "127.0.0.1", &[("X-Real-IP", "192.0.2.1")]), "127.0.0.1", "nothing else counts");
    }

    #[test]
    fn hops_are_walked_from_the_right_past_those_that_are_believed() {
        for (line, expected) in [
            ("6.6.6.6, 192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            ("6.6.6.6, 10.9.9.9, 192.0.2.1, 10.0.0.2, fd00::1", "192.0.2.1"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("6.6.6.6, garbage", "127.0.0.1"),
            ("6.6.6.6, garbage, 10.0.0.2", "10.0.0.2"),
            ("6.6.6.6, 192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(client(PROXIES, "127.0.0.1", &[("X-Forwarded-For", line)]), expected, "{line}");
        }
        let lines = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "192.0.2.1")];
        assert_eq!(client(PROXIES, "127.0.0.1", &lines), "192.0.2.1");
    }

    #[test]
    fn two_headers_that_disagree_are_both_ignored() {
        let honest = ("X-Forwarded-For", "192.0.2.1");
        assert_eq!(client(PROXIES, "127.0.0.1", &[honest, ("Forwarded", "for=192.0.2.1")]), "192.0.2.1");
        for forged in ["for=6.6.6.6", "for=\"", "garbage", "for=10.0.0.1"] {
            assert_eq!(client(PROXIES, "127.0.0.1", &[honest, ("Forwarded", forged)]), "127.0.0.1", "{forged}");
        }
    }

    #[test]
    fn a_list_is_networks_and_addresses_or_nothing() {
        for list in ["", " , ", "127.0.0.1", "::1,10.0.0.0/8", "::ffff:10.0.0.1"] {
            assert!(TrustedProxies::parse(list).is_some(), "{list}");
        }
        for list in ["localhost", "10.0.0.0/33", "10.0.0/8", "10.0.0.1:80", "10.0.0.1 10.0.0.2", "*", "/8"] {
            assert!(TrustedProxies::parse(list).is_none(), "{list}");
        }
        assert_eq!(client("::ffff:10.0.0.1", "10.0.0.1", &[("X-Forwarded-For", "192.0.2.1")]), "192.0.2.1");
    }

    #[test]
    fn a_forgotten_proxy_is_warned_of_once() {
        let proxies = TrustedProxies::default();
        for (peer, has_warned) in [("203.0.113.9", false), ("10.0.0.1", true), ("10.0.0.1", true)] {
            let request = TestRequest::default().peer_addr(format!("{peer}:7").parse().expect("an address"));
            proxies.client_of(&request.insert_header(("X-Forwarded-For", "192.0.2.1")).to_http_request());
            assert_eq!(proxies.has_warned.load(Ordering::Relaxed), has_warned, "{peer}");
        }
    }
}
