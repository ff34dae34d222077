//! From where, and under which names, the service may be called.

use tessera_api::{AllowedHosts, AllowedOrigins, Perimeter};

use super::mistakes::Checks;
use super::runtime::AppEnv;

/// A year, the least that browsers' own lists ask for.
const HSTS_IN_PRODUCTION: u32 = 31_536_000;
const HSTS_AT_MOST: u32 = 2 * HSTS_IN_PRODUCTION;

const HOSTS: &str = "hosts with commas between them, without scheme and port; .example.com for all below it, * for all";
const ORIGINS: &str = "origins with commas between them, as a browser writes them: https://app.example.com, \
                       http://localhost:3000; no path, no pattern";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Hosts that are answered, with commas between them; `.example.com` stands for all below it too, `*` for all
    #[arg(long, env = "ALLOWED_HOSTS", value_name = "HOSTS", default_value = "*")]
    allowed_hosts: String,

    /// Origins whose pages may call from a browser, with commas between them, such as `https://app.example.com`
    /// [default: none]
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_name = "ORIGINS")]
    cors_allowed_origins: Option<String>,

    /// For how many seconds browsers that reached the service over https are to reach it in no other way
    /// (`Strict-Transport-Security`); 0 tells them nothing [default: 0, in production 31536000]
    #[arg(long, env = "HSTS_SECONDS", value_name = "SECONDS")]
    hsts_seconds: Option<String>,
}

/// The settings of [`Perimeter`], as they were written.
#[derive(Debug, Clone)]
pub struct Access {
    /// What follows from them.
    pub perimeter: Perimeter,
    hosts: String,
    origins: String,
    encrypted_for: u32,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<Access> {
        let hosts = checks.read("ALLOWED_HOSTS", &self.allowed_hosts, HOSTS, AllowedHosts::parse);
        let origins = self.cors_allowed_origins.unwrap_or_default();
        let allowed = checks.read("CORS_ALLOWED_ORIGINS", &origins, ORIGINS, AllowedOrigins::parse);
        let encrypted_for = match self.hsts_seconds {
            Some(raw) => checks.whole("HSTS_SECONDS", &raw, "seconds", 0..=HSTS_AT_MOST),
            None => Some(app_env.pick(0, HSTS_IN_PRODUCTION)),
        };
        let transport_security = Perimeter::encrypted_for(encrypted_for?);
        let perimeter = Perimeter { hosts: hosts?, origins: allowed?, transport_security };
        Some(Access { perimeter, hosts: self.allowed_hosts, origins, encrypted_for: encrypted_for? })
    }
}

impl Access {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let origins = if self.perimeter.origins.is_empty() { "none" } else { self.origins.trim() };
        vec![
            ("ALLOWED_HOSTS", self.hosts.trim().to_owned()),
            ("CORS_ALLOWED_ORIGINS", origins.to_owned()),
            ("HSTS_SECONDS", self.encrypted_for.to_string()),
        ]
    }
}
