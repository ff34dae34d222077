//! How often something may be tried, and whose word counts about who tries it.

use std::time::Duration;

use tessera_api::http::proxies::TrustedProxies;
use tessera_domain::Quota;
use tessera_services::limits::Quotas;

use super::mistakes::Checks;
use super::runtime::AppEnv;

const ACCEPTED: &str = "a number of attempts and a time from 1s to 24h, such as 10/5m";
const PROXIES_ACCEPTED: &str = "addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Whether attempts are limited: `on` or `off`
    #[arg(long, env = "RATE_LIMIT", value_name = "SWITCH", default_value = "on")]
    rate_limit: String,

    /// Wrong passwords for one account from one client network: so many at once, which come back evenly over the time
    #[arg(long, env = "RATE_LIMIT_PASSWORDS", value_name = "COUNT/TIME", default_value = "10/5m")]
    rate_limit_passwords: String,

    /// Wrong passwords from one client network, for all accounts together
    #[arg(long, env = "RATE_LIMIT_PASSWORDS_PER_ADDRESS", value_name = "COUNT/TIME", default_value = "50/5m")]
    rate_limit_passwords_per_address: String,

    /// Wrong passwords for one account from everywhere together
    #[arg(long, env = "RATE_LIMIT_PASSWORDS_PER_ACCOUNT", value_name = "COUNT/TIME", default_value = "100/1h")]
    rate_limit_passwords_per_account: String,

    /// Wrong passwords for an account whose quota from everywhere is used up, from one neighbourhood (a /24 of IPv4, a /48 of
    /// IPv6): enough for its owner, who knows it, to get in
    #[arg(long, env = "RATE_LIMIT_PASSWORDS_UNDER_ATTACK", value_name = "COUNT/TIME", default_value = "2/1h")]
    rate_limit_passwords_under_attack: String,

    /// Refresh, one-time and reset tokens that do not count, from one client network
    #[arg(long, env = "RATE_LIMIT_TOKENS", value_name = "COUNT/TIME", default_value = "60/1m")]
    rate_limit_tokens: String,

    /// Wrong `X-SERVICE-SECRET` headers from one client network
    #[arg(long, env = "RATE_LIMIT_SERVICE_SECRETS", value_name = "COUNT/TIME", default_value = "10/1m")]
    rate_limit_service_secrets: String,

    /// New accounts from one client network
    #[arg(long, env = "RATE_LIMIT_REGISTRATIONS", value_name = "COUNT/TIME", default_value = "30/10m")]
    rate_limit_registrations: String,

    /// Mails with a link to one address, of each kind: for a new password, to confirm the address
    #[arg(long, env = "RATE_LIMIT_PASSWORD_LINKS", value_name = "COUNT/TIME", default_value = "5/15m")]
    rate_limit_password_links: String,

    /// Mails with a link that one client network asks for
    #[arg(long, env = "RATE_LIMIT_PASSWORD_LINKS_PER_ADDRESS", value_name = "COUNT/TIME", default_value = "20/15m")]
    rate_limit_password_links_per_address: String,

    /// Proxies whose `Forwarded` and `X-Forwarded-For` headers name the client: addresses and networks in CIDR notation with
    /// commas between them [default: none; the client is whoever connects]
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "CIDRS")]
    trusted_proxies: Option<String>,
}

/// How often something may be tried, and by whom.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Whether anything is counted.
    pub is_on: bool,
    /// How much is allowed.
    pub quotas: Quotas,
    /// Whose forwarding headers count.
    pub proxies: TrustedProxies,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<Limits> {
        let is_on = checks.switch("RATE_LIMIT", &self.rate_limit);
        if is_on == Some(false) && app_env == AppEnv::Production {
            checks.warn("RATE_LIMIT is off: passwords can be guessed as fast as they are hashed");
        }
        let quotas = self.quotas(checks);
        let proxies = self.trusted_proxies.as_deref().unwrap_or_default();
        let proxies = checks.read("TRUSTED_PROXIES", proxies, PROXIES_ACCEPTED, TrustedProxies::parse);
        if proxies.as_ref().is_some_and(|proxies| proxies.networks().iter().any(|network| network.prefix_len() == 0)) {
            checks.warn("TRUSTED_PROXIES names every address: anybody can choose the address that they are counted by");
        }
        Some(Limits { is_on: is_on?, quotas: quotas?, proxies: proxies? })
    }

    fn quotas(&self, checks: &mut Checks) -> Option<Quotas> {
        let mut quota = |name, raw: &str| checks.read(name, raw, ACCEPTED, parse_quota);
        let passwords = quota("RATE_LIMIT_PASSWORDS", &self.rate_limit_passwords);
        let per_address = quota("RATE_LIMIT_PASSWORDS_PER_ADDRESS", &self.rate_limit_passwords_per_address);
        let per_account = quota("RATE_LIMIT_PASSWORDS_PER_ACCOUNT", &self.rate_limit_passwords_per_account);
        let under_attack = quota("RATE_LIMIT_PASSWORDS_UNDER_ATTACK", &self.rate_limit_passwords_under_attack);
        let tokens = quota("RATE_LIMIT_TOKENS", &self.rate_limit_tokens);
        let service_secrets = quota("RATE_LIMIT_SERVICE_SECRETS", &self.rate_limit_service_secrets);
        let registrations = quota("RATE_LIMIT_REGISTRATIONS", &self.rate_limit_registrations);
        let links = quota("RATE_LIMIT_PASSWORD_LINKS", &self.rate_limit_password_links);
        let links_per_address =
            quota("RATE_LIMIT_PASSWORD_LINKS_PER_ADDRESS", &self.rate_limit_password_links_per_address);
        Some(Quotas {
            passwords: passwords?,
            passwords_per_address: per_address?,
            passwords_per_account: per_account?,
            passwords_under_attack: under_attack?,
            tokens: tokens?,
            service_secrets: service_secrets?,
            registrations: registrations?,
            password_links: links?,
            password_links_per_address: links_per_address?,
        })
    }
}

/// `10/5m`: a number, and a time in seconds, minutes or hours.
fn parse_quota(text: &str) -> Option<Quota> {
    let (limit, window) = text.split_once('/')?;
    let window = window.trim();
    let (count, seconds) = [('s', 1), ('m', 60), ('h', 3_600)]
        .into_iter()
        .find_map(|(unit, seconds)| window.strip_suffix(unit).map(|count| (count, seconds)))?;
    let seconds = whole(count)?.checked_mul(seconds)?;
    Quota::new(whole(limit.trim())?, Duration::from_secs(seconds.into())).ok()
}

/// Digits alone: a sign is not a number of anything.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn written(quota: Quota) -> String {
    let seconds = quota.window().as_secs();
    match seconds {
        _ if seconds.is_multiple_of(3_600) => format!("{}/{}h", quota.limit(), seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}/{}m", quota.limit(), seconds / 60),
        _ => format!("{}/{seconds}s", quota.limit()),
    }
}

impl Limits {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let quotas = &self.quotas;
        let networks: Vec<_> = self.proxies.networks().iter().map(ToString::to_string).collect();
        vec![
            ("RATE_LIMIT", if self.is_on { "on" } else { "off" }.to_owned()),
            ("RATE_LIMIT_PASSWORDS", written(quotas.passwords)),
            ("RATE_LIMIT_PASSWORDS_PER_ADDRESS", written(quotas.passwords_per_address)),
            ("RATE_LIMIT_PASSWORDS_PER_ACCOUNT", written(quotas.passwords_per_account)),
            ("RATE_LIMIT_PASSWORDS_UNDER_ATTACK", written(quotas.passwords_under_attack)),
            ("RATE_LIMIT_TOKENS", written(quotas.tokens)),
            ("RATE_LIMIT_SERVICE_SECRETS", written(quotas.service_secrets)),
            ("RATE_LIMIT_REGISTRATIONS", written(quotas.registrations)),
            ("RATE_LIMIT_PASSWORD_LINKS", written(quotas.password_links)),
            ("RATE_LIMIT_PASSWORD_LINKS_PER_ADDRESS", written(quotas.password_links_per_address)),
            ("TRUSTED_PROXIES", networks.join(", ")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_read_as_it_is_written() {
        for text in ["10/5m", "1/1s", "100/1h", "1000000/24h", "7/90s"] {
            assert_eq!(parse_quota(text).map(written).as_deref(), Some(text));
        }
        assert_eq!(parse_quota(" 10 / 300s ").map(written).as_deref(), Some("10/5m"));
        for text in
            ["", "10", "10/", "10/m", "0/1m", "10/0m", "10/25h", "1000001/1h", "+1/1m", "10/1d", "10/1.5h", "-1/1m"]
        {
            assert_eq!(parse_quota(text), None, "{text}");
        }
    }
}
