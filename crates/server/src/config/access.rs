//! From where, and under which names, the service may be called.

use tessera_api::{AllowedHosts, AllowedOrigins, Perimeter};

use super::mistakes::Checks;

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
}

/// The settings of [`Perimeter`], as they were written.
#[derive(Debug, Clone)]
pub struct Access {
    /// What follows from them.
    pub perimeter: Perimeter,
    hosts: String,
    origins: String,
}

impl Settings {
    pub fn check(self, checks: &mut Checks) -> Option<Access> {
        let hosts = checks.read("ALLOWED_HOSTS", &self.allowed_hosts, HOSTS, AllowedHosts::parse);
        let origins = self.cors_allowed_origins.unwrap_or_default();
        let allowed = checks.read("CORS_ALLOWED_ORIGINS", &origins, ORIGINS, AllowedOrigins::parse);
        let perimeter = Perimeter { hosts: hosts?, origins: allowed? };
        Some(Access { perimeter, hosts: self.allowed_hosts, origins })
    }
}

impl Access {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let origins = if self.perimeter.origins.is_empty() { "none" } else { self.origins.trim() };
        vec![("ALLOWED_HOSTS", self.hosts.trim().to_owned()), ("CORS_ALLOWED_ORIGINS", origins.to_owned())]
    }
}
