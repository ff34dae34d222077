//! The names that this service answers to.
//!
//! No link, issuer or redirect is ever made of a request's `Host` (requirement H5), so that this is a second line of defence:
//! against pages that have a name of theirs resolve to our address (DNS rebinding), and against requests that were meant for
//! somebody else.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HOST;

/// The probes of orchestrators and load balancers come by address.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Which hosts are answered. By default all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Option<Arc<[Pattern]>>);

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// This one.
    Exact(String),
    /// This one, and everything below it: `.example.com`.
    Below(String),
}

impl AllowedHosts {
    /// Reads a list of hosts with commas between them. One that begins with a dot stands for all below it too; `*` stands
    /// for every host. `None` if something in it is neither, as a URL or a port would be.
    pub fn parse(text: &str) -> Option<Self> {
        let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.contains(&"*") {
            return Some(Self(None));
        }
        let patterns = names.into_iter().map(Pattern::parse).collect::<Option<Vec<_>>>()?;
        Some(Self((!patterns.is_empty()).then(|| patterns.into())))
    }

    /// Whether a request is answered.
    pub(super) fn admits(&self, request: &ServiceRequest) -> bool {
        let Some(patterns) = &self.0 else { return true };
        let mut given = request.headers().get_all(HOST);
        let is_named = match (given.next().and_then(|host| host.to_str().ok()), given.next()) {
            (Some(host), None) => {
                let host = without_port(host).to_ascii_lowercase();
                patterns.iter().any(|pattern| pattern.matches(&host))
            }
            _ => false,
        };
        is_named || PROBES.contains(&request.path())
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (name, below) = text.strip_prefix('.').map_or((text.as_str(), false), |name| (name, true));
        let is_address = name.starts_with('[') && name.ends_with(']');
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if name.is_empty() || !(is_address || is_name(name)) {
            return None;
        }
        Some(if below { Self::Below(name.to_owned()) } else { Self::Exact(name.to_owned()) })
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => host == name,
            Self::Below(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    }
}

/// A host without its port and without the dot of a complete name. An IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    let end = host.rfind(']').map_or(0, |bracket| bracket + 1);
    let name = match host.get(end..).and_then(|rest| rest.find(':')) {
        Some(colon) => host.get(..end + colon).unwrap_or(host),
        None => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn admits(list: &str, path: &str, hosts: &[&str]) -> bool {
        let request =
            hosts.iter().fold(TestRequest::with_uri(path), |request, host| request.append_header((HOST, *host)));
        AllowedHosts::parse(list).expect("a list").admits(&request.to_srv_request())
    }

    #[test]
    fn a_host_is_compared_without_its_port_and_its_case() {
        let list = "localhost, 127.0.0.1,[::1] ,Auth.Example.com";
        for host in [
            "localhost",
            "LOCALHOST:8000",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:8000",
            "auth.example.com.",
            "auth.example.com.:443",
        ] {
            assert!(admits(list, "/api/", &[host]), "{host}");
        }
        for host in
            ["", "evil.example", "xlocalhost", "example.com", "a.auth.example.com", "localhost@evil", "[::2]", "::1"]
        {
            assert!(!admits(list, "/api/", &[host]), "{host}");
        }
    }

    #[test]
    fn a_dot_stands_for_everything_below_a_star_for_everything() {
        for host in ["example.com", "a.example.com", "a.b.example.com"] {
            assert!(admits(".example.com", "/", &[host]), "{host}");
        }
        assert!(!admits(".example.com", "/", &["badexample.com"]));
        assert!(admits("a,*", "/", &["anything"]) && admits("", "/", &["anything"]));
    }

    #[test]
    fn no_host_and_two_hosts_are_nobodys_and_probes_are_answered() {
        assert!(!admits("a", "/api/", &[]) && !admits("a", "/api/", &["a", "a"]));
        assert!(admits("a", "/livez", &["10.0.0.7:8000"]) && admits("a", "/readyz", &[]));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for list in ["http://a", "a:80", "a b", "a/", ".", "*.example.com", "é"] {
            assert_eq!(AllowedHosts::parse(list), None, "{list}");
        }
    }
}
