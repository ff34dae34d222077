//! How other services prove who they are, to ask for tokens of their users (requirement S1).

use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::Digest;
use tessera_services::user_tokens::ServiceAccess;

use super::mistakes::Checks;
use super::runtime::AppEnv;
use super::secrets::{ACCEPTED, weakness};

const NAME: &str = "SERVICE_SECRET";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// What other services send in `X-SERVICE-SECRET` to get tokens for their users. At least 32 random bytes; two
    /// values with a comma between them while it is being changed. Set it in the environment: everybody on the machine
    /// can read a command line [default: none: in development any program on this machine may, in production nobody]
    #[arg(long, env = "SERVICE_SECRET", value_name = "SECRET")]
    service_secret: Option<SecretString>,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<ServiceAccess> {
        let Some(setting) = self.service_secret else {
            return Some(without_a_secret(app_env, checks));
        };
        let text = setting.expose_secret();
        if !checks.is_text(NAME, text) {
            return None;
        }
        let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
        if secrets.len() > 2 || secrets.contains(&"") {
            checks.refuse(NAME, "is not one secret, or two with a comma between them", ACCEPTED);
            return None;
        }
        if let Some(weakness) = secrets.iter().find_map(|secret| weakness(secret)) {
            match app_env {
                AppEnv::Development => checks.warn(format!("{NAME} {weakness}; production will refuse it")),
                AppEnv::Production => {
                    checks.refuse(NAME, weakness, ACCEPTED);
                    return None;
                }
            }
        }
        Some(ServiceAccess::Secrets(secrets.iter().map(|secret| Digest::of(secret.as_bytes())).collect()))
    }
}

/// Whoever gets tokens for anyone is as powerful as root: production does without, development with a warning.
fn without_a_secret(app_env: AppEnv, checks: &mut Checks) -> ServiceAccess {
    match app_env {
        AppEnv::Production => ServiceAccess::Nobody,
        AppEnv::Development => {
            checks.warn(format!(
                "{NAME} is not set: any program on this machine gets tokens for any user of another service"
            ));
            ServiceAccess::Loopback
        }
    }
}

pub(super) fn describe(access: &ServiceAccess) -> Vec<(&'static str, String)> {
    let value = match access {
        ServiceAccess::Secrets(secrets) if secrets.len() > 1 => "(two values set, not shown)",
        ServiceAccess::Secrets(_) => "(set, not shown)",
        ServiceAccess::Loopback => "(not set: open to this machine)",
        ServiceAccess::Nobody => "(not set: closed)",
    };
    vec![(NAME, value.to_owned())]
}
