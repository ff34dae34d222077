//! The mail server, under the names that Django has for it.

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use tessera_adapters::mail::{Encryption, Login, SmtpServer};

use super::mistakes::Checks;
use super::runtime::AppEnv;

/// Where mails are submitted (RFC 6409), and where under TLS from the start (RFC 8314).
const SUBMISSION: u16 = 587;
const SUBMISSION_OVER_TLS: u16 = 465;

#[derive(clap::Args)]
#[group(skip)]
#[expect(
    clippy::struct_field_names,
    reason = "a field is named like its flag, and these are the names that Django has"
)]
pub(super) struct Settings {
    /// Mail server, such as `smtp.gmail.com`. Without one, mails are written into `MAIL_DIR`; in production they wait
    /// [default: none]
    #[arg(long, env = "EMAIL_HOST", value_name = "HOST")]
    email_host: Option<String>,

    /// Its port [default: 587, or 465 with `EMAIL_USE_SSL`]
    #[arg(long, env = "EMAIL_PORT", value_name = "PORT")]
    email_port: Option<String>,

    /// Who logs in to it [default: none]
    #[arg(long, env = "EMAIL_HOST_USER", value_name = "TEXT")]
    email_host_user: Option<String>,

    /// The password to log in with. Set it in the environment: everybody on the machine can read a command line
    /// [default: none]
    #[arg(long, env = "EMAIL_HOST_PASSWORD", value_name = "SECRET")]
    email_host_password: Option<SecretString>,

    /// Whether to encrypt with STARTTLS; a server that does not offer it is given no mail [default: True, for a server on
    /// this machine False]
    #[arg(long, env = "EMAIL_USE_TLS", value_name = "SWITCH")]
    email_use_tls: Option<String>,

    /// Whether to encrypt from the start of the connection [default: True with port 465]
    #[arg(long, env = "EMAIL_USE_SSL", value_name = "SWITCH")]
    email_use_ssl: Option<String>,
}

/// What is known of the mail server.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// The server, if there is one.
    pub server: Option<SmtpServer>,
    /// Who logs in; known also where there is no server.
    pub user: Option<String>,
    has_password: bool,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<MailServer> {
        let accepted = "a host name or an IP address, without a scheme and without a port";
        let host = self.email_host.map(|raw| checks.read("EMAIL_HOST", &raw, accepted, parse_host));
        let tls = self.email_use_tls.map(|raw| checks.switch("EMAIL_USE_TLS", &raw));
        let ssl = self.email_use_ssl.map(|raw| checks.switch("EMAIL_USE_SSL", &raw));
        let port = match self.email_port {
            Some(raw) => checks.read("EMAIL_PORT", &raw, "a port from 1 to 65535", parse_port),
            None if ssl == Some(Some(true)) => Some(SUBMISSION_OVER_TLS),
            None => Some(SUBMISSION),
        };
        let user = self.email_host_user.map(|user| user.trim().to_owned());
        let is_text = user.as_ref().is_none_or(|user| checks.is_text("EMAIL_HOST_USER", user));
        let password = self.email_host_password;
        let is_secret_text =
            password.as_ref().is_none_or(|secret| checks.is_text("EMAIL_HOST_PASSWORD", secret.expose_secret()));
        if (tls, ssl) == (Some(Some(true)), Some(Some(true))) {
            checks.refuse("EMAIL_USE_SSL", "and EMAIL_USE_TLS exclude each other", "True for one of the two");
            return None;
        }
        let (tls, ssl, port) = (given(tls)?, given(ssl)?, port?);
        let has_password = password.is_some();
        // Django logs in with both or not at all.
        let login = user.clone().zip(password).map(|(user, password)| Login { user, password });
        let server = given(host)?.map(|host| {
            let encryption = encryption(&host, port, tls, ssl);
            SmtpServer { host, port, encryption, login, also_trusted: None }
        });
        let is_protected = server.as_ref().is_none_or(|server| is_protected(server, app_env, checks));
        (is_text && is_secret_text && is_protected).then_some(MailServer { server, user, has_password })
    }
}

/// The setting, if it was given; `None` if it was, and cannot be used.
#[expect(clippy::option_option, reason = "not given, given and useless, given: the three of them are different")]
fn given<T>(setting: Option<Option<T>>) -> Option<Option<T>> {
    match setting {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

/// Port 465 speaks TLS from the start, whatever else is set. A server on this machine is often one that only catches mails,
/// and has no certificate.
fn encryption(host: &str, port: u16, tls: Option<bool>, ssl: Option<bool>) -> Encryption {
    match tls {
        _ if ssl.unwrap_or(port == SUBMISSION_OVER_TLS) => Encryption::Implicit,
        Some(false) => Encryption::None,
        None if is_loopback(host) => Encryption::None,
        Some(true) | None => Encryption::StartTls,
    }
}

/// Whether what is sent is protected well enough. A password that is sent in clear is everybody's soon.
fn is_protected(server: &SmtpServer, app_env: AppEnv, checks: &mut Checks) -> bool {
    if server.encryption != Encryption::None || is_loopback(&server.host) {
        return true;
    }
    if app_env == AppEnv::Production && server.login.is_some() {
        let accepted = "True, or EMAIL_USE_SSL=True, or no EMAIL_HOST_PASSWORD";
        checks.refuse("EMAIL_USE_TLS", "is off, so that the password would be sent in clear", accepted);
        return false;
    }
    checks.warn("EMAIL_USE_TLS is off: mails are sent in clear, with links that open accounts");
    true
}

fn parse_host(text: &str) -> Option<String> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    (!text.is_empty() && (is_name(text) || text.parse::<IpAddr>().is_ok())).then(|| text.to_owned())
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback())
}

impl MailServer {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let none = || "none".to_owned();
        let of_server = |of: fn(&SmtpServer) -> String| self.server.as_ref().map_or_else(none, of);
        let encrypts = |encryption: Encryption| {
            let is_it = self.server.as_ref().map(|server| server.encryption == encryption);
            is_it.map_or_else(none, |is_it| if is_it { "on".to_owned() } else { "off".to_owned() })
        };
        let password = if self.has_password { "(set, not shown)".to_owned() } else { none() };
        vec![
            ("EMAIL_HOST", of_server(|server| server.host.clone())),
            ("EMAIL_PORT", of_server(|server| server.port.to_string())),
            ("EMAIL_HOST_USER", self.user.clone().unwrap_or_else(none)),
            ("EMAIL_HOST_PASSWORD", password),
            ("EMAIL_USE_TLS", encrypts(Encryption::StartTls)),
            ("EMAIL_USE_SSL", encrypts(Encryption::Implicit)),
        ]
    }
}
