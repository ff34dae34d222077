//! The configuration: every setting with its flag, its name in the environment, its default and its help, one file a
//! section.
//!
//! Values arrive as text from the command line, the environment and `.env`, in that order of precedence. All of them are
//! checked before anything starts, and everything that is wrong is told at once. What comes out is [`Config`]: typed,
//! complete, and never printing a secret. Nothing else in the program reads the environment, but for the library that sends
//! spans: it has finer settings than these.

mod access;
mod contracts;
mod docs;
mod dotenv;
mod environment;
mod example;
mod layers;
mod limits;
mod listen;
mod logging;
mod mail;
mod mail_server;
mod mistakes;
mod parts;
mod passwords;
mod runtime;
mod secrets;
mod service_access;
mod storage;
mod telemetry;
mod tokens;

use std::collections::HashMap;
use std::path::Path;

use clap::{ArgMatches, Args as _, FromArgMatches as _};
use mistakes::Checks;
use secrecy::SecretString;
use tessera_services::user_tokens::ServiceAccess;

pub use access::Access;
pub use contracts::Contracts;
pub use docs::reference;
pub use environment::{Environment, Origin};
pub use example::example;
pub use layers::layered;
pub use limits::Limits;
pub use listen::Listen;
pub use logging::{LogFormat, Logging};
pub use mail::{Delivery, Mail, Sending};
pub use mail_server::MailServer;
pub use mistakes::{Mistake, Mistakes};
pub use passwords::Passwords;
pub use runtime::{AppEnv, Runtime};
pub use secrets::SecretKey;
pub use storage::{Database, Redis, Storage};
pub use telemetry::{Collector, Telemetry};
pub use tokens::Tokens;

/// The settings as they were written. The order of the sections is the order of `--help` and of the reference.
#[derive(clap::Args)]
#[group(skip)]
pub struct Settings {
    #[command(flatten, next_help_heading = "Installation")]
    runtime: runtime::Settings,
    #[command(flatten, next_help_heading = "Listening")]
    listen: listen::Settings,
    #[command(flatten, next_help_heading = "Access")]
    access: access::Settings,
    #[command(flatten, next_help_heading = "Storage")]
    storage: storage::Settings,
    #[command(flatten, next_help_heading = "Secrets")]
    secrets: secrets::Settings,
    #[command(flatten, next_help_heading = "Secrets")]
    service_access: service_access::Settings,
    #[command(flatten, next_help_heading = "Tokens")]
    tokens: tokens::Settings,
    #[command(flatten, next_help_heading = "Passwords")]
    passwords: passwords::Settings,
    #[command(flatten, next_help_heading = "Limits")]
    limits: limits::Settings,
    #[command(flatten, next_help_heading = "Contracts")]
    contracts: contracts::Settings,
    #[command(flatten, next_help_heading = "Mails")]
    mail: mail::Settings,
    #[command(flatten, next_help_heading = "Mail server")]
    mail_server: mail_server::Settings,
    #[command(flatten, next_help_heading = "Telemetry")]
    telemetry: telemetry::Settings,
    #[command(flatten, next_help_heading = "Logging")]
    logging: logging::Settings,
}

/// The settings as the program uses them.
#[derive(Debug, Clone)]
pub struct Config {
    /// What this installation is.
    pub runtime: Runtime,
    /// Where it listens.
    pub listen: Listen,
    /// From where, and under which names, it may be called.
    pub access: Access,
    /// Where it keeps its data.
    pub storage: Storage,
    /// The key that protects the others.
    pub secret_key: SecretKey,
    /// The one before it, while it is being changed.
    pub previous_secret_key: Option<SecretString>,
    /// Which other services may ask for tokens of their users.
    pub service_access: ServiceAccess,
    /// How tokens are signed, and how long things live.
    pub tokens: Tokens,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// How often something may be tried.
    pub limits: Limits,
    /// What the contracts offer.
    pub contracts: Contracts,
    /// What becomes of mails.
    pub mail: Mail,
    /// Who takes them.
    pub mail_server: MailServer,
    /// How the service is seen.
    pub telemetry: Telemetry,
    /// What is logged.
    pub logging: Logging,
    /// What works and should be known.
    pub warnings: Vec<String>,
    origins: HashMap<String, Origin>,
}

impl Config {
    /// Reads and checks the settings that come from `environment` alone, without a command line.
    pub fn from_environment(environment: &Environment) -> Result<Self, Mistakes> {
        let command = layered(Settings::augment_args(clap::Command::new("tessera")), environment);
        let matches = command.try_get_matches_from(["tessera"]).map_err(|error| Mistakes::of_command_line(&error))?;
        Self::from_matches(&matches, environment)
    }

    /// Reads and checks the settings of a command line that was parsed with a [`layered`] command.
    pub fn from_matches(matches: &ArgMatches, environment: &Environment) -> Result<Self, Mistakes> {
        let settings = Settings::from_arg_matches(matches).map_err(|error| Mistakes::of_command_line(&error))?;
        let origins = layers::origins(matches, environment);
        let mut checks = Checks { origins, mistakes: environment.mistakes(), warnings: Vec::new() };
        match Self::check(settings, environment, &mut checks) {
            Some(config) if checks.mistakes.is_empty() => {
                Ok(Self { warnings: checks.warnings, origins: checks.origins, ..config })
            }
            _ => Err(Mistakes(checks.mistakes)),
        }
    }

    fn check(settings: Settings, environment: &Environment, checks: &mut Checks) -> Option<Self> {
        let runtime = settings.runtime.check(checks);
        // Until it is known what the installation is for, the stricter rules would only report what nobody asked for.
        let app_env = runtime.as_ref().map_or(AppEnv::Development, |runtime| runtime.app_env);
        let limits = settings.limits.check(app_env, checks);
        let is_behind_proxies = limits.as_ref().is_some_and(|limits| !limits.proxies.networks().is_empty());
        let listen = settings.listen.check(app_env, is_behind_proxies, checks);
        let access = settings.access.check(app_env, checks);
        let storage = settings.storage.check(environment, checks);
        let data_dir = storage.as_ref().map_or(Path::new(""), |storage| &storage.data_dir);
        let secrets = settings.secrets.check(app_env, data_dir, checks);
        let service_access = settings.service_access.check(app_env, checks);
        let tokens = settings.tokens.check(checks);
        let passwords = settings.passwords.check(app_env, checks);
        let contracts = settings.contracts.check(app_env, checks);
        let mail_server = settings.mail_server.check(app_env, checks);
        let app_name = runtime.as_ref().map_or("", |runtime| &runtime.app_name);
        let around = mail::Around { app_env, app_name, data_dir, server: mail_server.as_ref() };
        let mail = settings.mail.check(&around, checks);
        let telemetry = settings.telemetry.check(listen.as_ref(), checks);
        let logging = settings.logging.check(app_env, checks);
        let (secret_key, previous_secret_key) = secrets?;
        Some(Self {
            runtime: runtime?,
            listen: listen?,
            access: access?,
            storage: storage?,
            secret_key,
            previous_secret_key,
            service_access: service_access?,
            tokens: tokens?,
            passwords: passwords?,
            limits: limits?,
            contracts: contracts?,
            mail: mail?,
            mail_server: mail_server?,
            telemetry: telemetry?,
            logging: logging?,
            warnings: Vec::new(),
            origins: HashMap::new(),
        })
    }

    /// Every setting with the value in force and where that comes from; secrets are not shown.
    pub fn describe(&self) -> Vec<(&'static str, String, Origin)> {
        let sections = [
            self.runtime.describe(),
            self.listen.describe(),
            self.access.describe(),
            self.storage.describe(),
            self.secret_key.describe(self.previous_secret_key.as_ref()),
            service_access::describe(&self.service_access),
            self.tokens.describe(),
            self.passwords.describe(),
            self.limits.describe(),
            self.contracts.describe(),
            self.mail.describe(),
            self.mail_server.describe(),
            self.telemetry.describe(),
            self.logging.describe(),
        ];
        let origin = |name| self.origins.get(name).copied().unwrap_or(Origin::Default);
        sections.into_iter().flatten().map(|(name, value)| (name, value, origin(name))).collect()
    }
}
