//! Mails: where they go, whom they are from, and where the links in them lead.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tessera_adapters::mail::{FromAddress, SmtpServer};
use tessera_domain::Email;
use url::{Host, Url};

use super::mail_server::MailServer;
use super::mistakes::Checks;
use super::runtime::AppEnv;

const FRONTEND_IN_DEVELOPMENT: &str = "http://localhost:3000";
const URLS: &str = "an absolute URL with http or https, without a query, such as https://app.example.com";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Where the pages are that links in mails lead to: `/reset-password` and `/verify-email` below it [default:
    /// `http://localhost:3000`, in production none]
    #[arg(long, env = "FRONTEND_URL", value_name = "URL")]
    frontend_url: Option<String>,

    /// For how many seconds a link for a new password works
    #[arg(long, env = "PASSWORD_RESET_EXPIRE_SECONDS", value_name = "SECONDS", default_value = "600")]
    password_reset_expire_seconds: String,

    /// Whom mails are from: an address, or `Name <address>` [default: `APP_NAME` and `EMAIL_HOST_USER`]
    #[arg(long, env = "DEFAULT_FROM_EMAIL", value_name = "ADDRESS")]
    default_from_email: Option<String>,

    /// What becomes of mails: `smtp`, or `folder` where none may leave the machine; Django's names of its backends are
    /// understood [default: smtp]
    #[arg(long, env = "EMAIL_BACKEND", value_name = "NAME")]
    email_backend: Option<String>,

    /// Folder that mails are written into where there is no mail server [default: `mail` in `DATA_DIR`]
    #[arg(long, env = "MAIL_DIR", value_name = "PATH")]
    mail_dir: Option<String>,
}

/// Mails.
#[derive(Debug, Clone)]
pub struct Mail {
    /// How they are sent; nothing if they wait in the outbox until somebody says how.
    pub sending: Option<Sending>,
    /// How long a link for a new password works.
    pub reset_lifetime: Duration,
    frontend_url: Option<String>,
    from: FromAddress,
    folder: PathBuf,
    backend: Backend,
}

/// How mails are sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// To whom they are handed.
    pub delivery: Delivery,
    /// Whom they are from.
    pub from: FromAddress,
    /// What links begin with, without a slash at the end.
    pub frontend_url: String,
}

/// To whom mails are handed.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// A mail server.
    Smtp(SmtpServer),
    /// A folder.
    Folder(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Smtp,
    Folder,
}

/// What mails depend on besides their own settings.
pub(super) struct Around<'a> {
    pub app_env: AppEnv,
    /// What people call this installation.
    pub app_name: &'a str,
    /// Where its files are.
    pub data_dir: &'a Path,
    /// Nothing if its settings cannot be used.
    pub server: Option<&'a MailServer>,
}

impl Settings {
    pub fn check(self, around: &Around<'_>, checks: &mut Checks) -> Option<Mail> {
        let frontend_url = match &self.frontend_url {
            Some(raw) => read_frontend_url(raw, around.app_env, checks).map(Some),
            None => Some(around.app_env.pick(Some(FRONTEND_IN_DEVELOPMENT.to_owned()), None)),
        };
        let lifetime = &self.password_reset_expire_seconds;
        let lifetime = checks.whole("PASSWORD_RESET_EXPIRE_SECONDS", lifetime, "seconds", 1..=86_400);
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let folder = match &self.mail_dir {
            Some(raw) => checks.read("MAIL_DIR", raw, "the path of a folder", path),
            None => Some(around.data_dir.join("mail")),
        };
        let backend = match &self.email_backend {
            Some(raw) => {
                checks.read("EMAIL_BACKEND", raw, "smtp, folder, or Django's name of a backend", parse_backend)
            }
            None => Some(Backend::Smtp),
        };
        let accepted = "an address, or a name with an address in angle brackets";
        let from = self.default_from_email.as_deref();
        let from = from.map(|raw| checks.read("DEFAULT_FROM_EMAIL", raw, accepted, |text| text.parse().ok()));
        let (server, frontend_url, folder, backend) = (around.server?, frontend_url?, folder?, backend?);
        let from = match from {
            Some(read) => read?,
            None => from_login(around.app_name, server, frontend_url.as_deref(), checks)?,
        };
        let sending = match (delivery(backend, server, &folder, around.app_env, checks), &frontend_url) {
            (None, _) => None,
            (Some(delivery), Some(url)) => Some(Sending { delivery, from: from.clone(), frontend_url: url.clone() }),
            (Some(_), None) => {
                checks.refuse("FRONTEND_URL", "is not set, and links in mails have to lead somewhere", URLS);
                return None;
            }
        };
        let reset_lifetime = Duration::from_secs(lifetime?.into());
        Some(Mail { sending, reset_lifetime, frontend_url, from, folder, backend })
    }
}

fn delivery(
    backend: Backend,
    server: &MailServer,
    folder: &Path,
    app_env: AppEnv,
    checks: &mut Checks,
) -> Option<Delivery> {
    if let (Backend::Smtp, Some(server)) = (backend, &server.server) {
        return Some(Delivery::Smtp(server.clone()));
    }
    if backend == Backend::Smtp {
        // Django's users may have the server in their settings file, and only the rest in the environment.
        let of_gmail = server.user.as_deref().is_some_and(|user| user.ends_with("@gmail.com"));
        let hint = if of_gmail { "; Gmail's is smtp.gmail.com" } else { "" };
        if app_env == AppEnv::Production {
            checks.warn(format!("EMAIL_HOST is not set: mails wait until it is{hint}"));
            return None;
        }
        if server.user.is_some() {
            let folder = folder.display();
            checks.warn(format!("EMAIL_HOST is not set: mails are not sent, but written into {folder}{hint}"));
        }
    } else if app_env == AppEnv::Production {
        checks.warn(format!("mails are not sent, but written into {}, with links that work", folder.display()));
    }
    Some(Delivery::Folder(folder.to_owned()))
}

/// Whom mails are from if nobody says: whoever logs in to the mail server; where that is no address, as with providers
/// whose users are all called `apikey`, nobody at the site that links lead to.
fn from_login(
    app_name: &str,
    server: &MailServer,
    frontend_url: Option<&str>,
    checks: &mut Checks,
) -> Option<FromAddress> {
    let user = server.user.as_deref().and_then(|user| Email::parse(user).ok());
    let is_known = user.is_some();
    let site = frontend_url.and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned)).unwrap_or_default();
    let nobody = || Email::parse(&format!("no-reply@{site}")).or_else(|_| Email::parse("no-reply@localhost")).ok();
    let email = user.or_else(nobody)?;
    if !is_known && server.server.is_some() {
        checks
            .warn(format!("DEFAULT_FROM_EMAIL is not set, and EMAIL_HOST_USER is no address: mails are from {email}"));
    }
    Some(FromAddress::new(app_name, email))
}

fn read_frontend_url(raw: &str, app_env: AppEnv, checks: &mut Checks) -> Option<String> {
    let url = checks.read("FRONTEND_URL", raw, URLS, parse_url)?;
    if app_env == AppEnv::Production && url.scheme() == "http" && !is_loopback(&url) {
        let problem = "has no encryption: whoever reads a link on its way can use it";
        checks.refuse("FRONTEND_URL", problem, "a URL with https");
        return None;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn parse_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(addr)) => addr.is_loopback(),
        Some(Host::Ipv6(addr)) => addr.is_loopback(),
        None => false,
    }
}

fn parse_backend(text: &str) -> Option<Backend> {
    match name_in_django(text).unwrap_or(text) {
        "smtp" => Some(Backend::Smtp),
        "folder" | "filebased" | "console" | "locmem" | "dummy" => Some(Backend::Folder),
        _ => None,
    }
}

/// `smtp` of `django.core.mail.backends.smtp.EmailBackend`.
fn name_in_django(text: &str) -> Option<&str> {
    text.strip_prefix("django.core.mail.backends.")?.strip_suffix(".EmailBackend")
}

impl Mail {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let backend = match self.backend {
            Backend::Smtp => "smtp",
            Backend::Folder => "folder",
        };
        vec![
            ("FRONTEND_URL", self.frontend_url.clone().unwrap_or_else(|| "none".to_owned())),
            ("PASSWORD_RESET_EXPIRE_SECONDS", self.reset_lifetime.as_secs().to_string()),
            ("DEFAULT_FROM_EMAIL", self.from.to_string()),
            ("EMAIL_BACKEND", backend.to_owned()),
            ("MAIL_DIR", self.folder.display().to_string()),
        ]
    }
}
