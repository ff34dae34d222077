//! Whose word counts about who calls, and under which names the service answers.

use std::net::IpAddr;

use super::finding::Finding;
use crate::config::{AppEnv, Config};

const SUBJECT: &str = "proxies";

/// Whether the networks of `TRUSTED_PROXIES` can be those of proxies.
pub fn check(config: &Config) -> Vec<Finding> {
    let networks = config.limits.proxies.networks();
    let is_open = config.runtime.app_env == AppEnv::Production && !config.listen.addr.ip().is_loopback();
    let mut findings: Vec<_> = networks.iter().filter_map(|it| judge(it.network(), it.prefix_len())).collect();
    if networks.is_empty() && is_open {
        let text = "TRUSTED_PROXIES is not set: whoever connects is taken for the client";
        let advice = "if there is a proxy in front, name it: otherwise all clients share one limit";
        findings.push(Finding::note(SUBJECT, text).advise(advice));
    }
    if is_open && config.access.perimeter.hosts == tessera_api::AllowedHosts::default() {
        let text = "ALLOWED_HOSTS is *: the service answers to every name";
        findings.push(Finding::note(SUBJECT, text).advise("list the names that clients use"));
    }
    if findings.is_empty() {
        let text =
            if networks.is_empty() { "nobody's forwarding headers count" } else { "TRUSTED_PROXIES is plausible" };
        findings.push(Finding::ok(SUBJECT, text));
    }
    findings
}

/// A proxy stands beside the service, in a private network; a large one holds more than proxies.
fn judge(network: IpAddr, prefix_len: u8) -> Option<Finding> {
    let name = format!("{network}/{prefix_len}");
    if prefix_len == 0 {
        let text = format!("TRUSTED_PROXIES has {name}: anybody can choose the address that they are counted by");
        return Some(Finding::problem(SUBJECT, text).advise("name the addresses of the proxies alone"));
    }
    let (is_private, is_single) = match network {
        IpAddr::V4(ip) => (ip.is_private() || ip.is_loopback() || ip.is_link_local(), prefix_len == 32),
        IpAddr::V6(ip) => (ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(), prefix_len == 128),
    };
    (!is_private && !is_single).then(|| {
        let text = format!("TRUSTED_PROXIES has {name}, a network that anybody may be in");
        Finding::warning(SUBJECT, text).advise("name the addresses of the proxies alone")
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_proxy_is_a_neighbour_or_one_address() {
        let judged = |ip: &str, prefix_len| judge(ip.parse().expect("an address"), prefix_len).map(|it| it.verdict);
        for (ip, prefix_len) in [("10.0.0.0", 8), ("127.0.0.1", 32), ("203.0.113.7", 32), ("fd00::", 8), ("::1", 128)] {
            assert_eq!(judged(ip, prefix_len), None, "{ip}/{prefix_len}");
        }
        assert_eq!(judged("203.0.113.0", 24), Some(Verdict::Warning));
        assert_eq!(judged("2001:db8::", 32), Some(Verdict::Warning));
        assert_eq!(judged("0.0.0.0", 0), Some(Verdict::Problem));
        assert_eq!(judged("::", 0), Some(Verdict::Problem));
    }
}
