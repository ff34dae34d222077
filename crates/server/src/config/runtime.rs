//! What this installation is: for development, or in production; and its name.

use std::fmt;

use super::mistakes::{Checks, parse_switch};

/// How careful the service is about its own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    /// Everything works without any setting; what is weak is warned about.
    Development,
    /// What is weak or missing is refused.
    Production,
}

impl AppEnv {
    /// One of two values.
    pub fn pick<T>(self, development: T, production: T) -> T {
        match self {
            Self::Development => development,
            Self::Production => production,
        }
    }
}

impl fmt::Display for AppEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pick("development", "production"))
    }
}

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// What this installation is for: `development` or `production` [default: development]
    #[arg(long, env = "APP_ENV", value_name = "NAME")]
    app_env: Option<String>,

    /// The name of this installation, as people read it
    #[arg(long, env = "APP_NAME", value_name = "TEXT", default_value = "Tessera")]
    app_name: String,
}

/// What this installation is.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// What it is for.
    pub app_env: AppEnv,
    /// Its name.
    pub app_name: String,
}

impl Settings {
    pub fn check(self, checks: &mut Checks) -> Option<Runtime> {
        let is_debug = checks.origin("APP_ENV").alias() == Some("DEBUG");
        let app_env = match self.app_env {
            Some(raw) if is_debug => {
                checks.read("APP_ENV", &raw, "True (development), False (production)", parse_debug)
            }
            Some(raw) => checks.read("APP_ENV", &raw, "development, production", parse_name),
            None => Some(AppEnv::Development),
        };
        let name = |text: &str| (1..=100).contains(&text.chars().count()).then(|| text.to_owned());
        let app_name = checks.read("APP_NAME", &self.app_name, "a text of 1 to 100 characters", name);
        Some(Runtime { app_env: app_env?, app_name: app_name? })
    }
}

fn parse_name(text: &str) -> Option<AppEnv> {
    let named = |env: &AppEnv| text.eq_ignore_ascii_case(&env.to_string());
    [AppEnv::Development, AppEnv::Production].into_iter().find(named)
}

fn parse_debug(text: &str) -> Option<AppEnv> {
    parse_switch(text).map(|debug| if debug { AppEnv::Development } else { AppEnv::Production })
}

impl Runtime {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![("APP_ENV", self.app_env.to_string()), ("APP_NAME", self.app_name.clone())]
    }
}
