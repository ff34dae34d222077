//! Which programs may act for the users of other services (requirement S1).
//!
//! Making a pair of tokens is as powerful as root: it makes one for anyone. So this decides before anything else of a
//! request is looked at, and what it decides by cannot be sent along by whoever reaches the service through a proxy.

use std::net::IpAddr;

use tessera_domain::Digest;

/// Who is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAccess {
    /// Whoever presents one of these secrets: one, or two while they are being changed. Kept as digests, so that no copy
    /// of a secret stays in memory and each comparison takes the same time, whatever its length.
    Secrets(Vec<Digest>),
    /// Any program on this machine. For development alone: there is no secret.
    Loopback,
    /// Nobody. Production without a secret.
    Nobody,
}

/// What is known of a request that decides whether it is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceCall {
    /// The digest of the secret that was presented, if one was.
    pub secret: Option<Digest>,
    /// The other end of the connection. It is not asked what a forwarding header says.
    pub peer: Option<IpAddr>,
    /// Whether there is a forwarding header, true or not: then the peer is a proxy, and who is behind it is unknown.
    pub is_forwarded: bool,
}

impl ServiceAccess {
    /// Whether this request comes from a program that may.
    pub fn admits(&self, call: &ServiceCall) -> bool {
        match self {
            Self::Secrets(known) => call.secret.is_some_and(|presented| is_known(presented, known, call.peer)),
            Self::Loopback => !call.is_forwarded && call.peer.is_some_and(|ip| ip.to_canonical().is_loopback()),
            Self::Nobody => false,
        }
    }
}

/// Every secret is compared, also after one that matched. A wrong one is an attempt, and is noted.
fn is_known(presented: Digest, known: &[Digest], peer: Option<IpAddr>) -> bool {
    let is_known = known.iter().filter(|secret| **secret == presented).count() > 0;
    if !is_known {
        tracing::warn!(target: "audit", event = "service_secret_refused", ip = peer.map(|ip| ip.to_string()));
    }
    is_known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(secret: Option<&str>, peer: &str, is_forwarded: bool) -> ServiceCall {
        ServiceCall { secret: secret.map(|text| Digest::of(text.as_bytes())), peer: peer.parse().ok(), is_forwarded }
    }

    #[test]
    fn a_secret_counts_from_anywhere_and_nothing_else_does() {
        let access = ServiceAccess::Secrets(vec![Digest::of(b"old"), Digest::of(b"new")]);
        for secret in ["old", "new"] {
            assert!(access.admits(&call(Some(secret), "203.0.113.7", true)), "{secret}");
        }
        for secret in [Some(""), Some("ol"), Some("old "), Some("old,new"), Some("OLD"), None] {
            assert!(!access.admits(&call(secret, "127.0.0.1", false)), "{secret:?}");
        }
        assert!(!ServiceAccess::Secrets(Vec::new()).admits(&call(Some(""), "127.0.0.1", false)));
    }

    #[test]
    fn without_a_secret_only_this_machine_counts_and_only_directly() {
        let admits = |peer, is_forwarded| ServiceAccess::Loopback.admits(&call(Some("any"), peer, is_forwarded));
        for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(admits(peer, false), "{peer}");
            assert!(!admits(peer, true), "{peer} through a proxy");
        }
        for peer in ["10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "2001:db8::1", "a socket without address"] {
            assert!(!admits(peer, false), "{peer}");
        }
    }

    #[test]
    fn nobody_is_nobody() {
        assert!(!ServiceAccess::Nobody.admits(&call(Some("any"), "127.0.0.1", false)));
    }
}
