//! What is logged, and in which form.

use std::fmt;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::mistakes::Checks;
use super::runtime::AppEnv;

/// What the HTTP server tells of each of its threads, and its errors about requests that are no HTTP: any stranger could
/// fill the log with those. A directive that comes later may ask for them.
const QUIET: &str = "actix_server=warn,actix_http=off";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// What is logged: a level (`off` to `trace`), or levels by module, such as `info,tessera_services=debug`
    #[arg(long, env = "LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    log_level: String,

    /// Form of the log: `pretty` for people, `json` for machines [default: pretty, in production json]
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<String>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What is logged.
#[derive(Debug, Clone)]
pub struct Logging {
    /// Which events, as it was set.
    pub level: String,
    /// Which events.
    pub filter: Targets,
    /// In which form.
    pub format: LogFormat,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<Logging> {
        let levels = "off, error, warn, info, debug, trace, or levels by module, such as info,tessera_services=debug";
        let filter = checks.read("LOG_LEVEL", &self.log_level, levels, parse_filter);
        let format = match self.log_format {
            Some(raw) => checks.read("LOG_FORMAT", &raw, "pretty, json", parse_format),
            None => Some(app_env.pick(LogFormat::Pretty, LogFormat::Json)),
        };
        Some(Logging { level: self.log_level.trim().to_owned(), filter: filter?, format: format? })
    }
}

/// A bare word must be a level: the library would take a misspelt one for the name of a module and log nothing.
fn parse_filter(text: &str) -> Option<Targets> {
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word.trim()));
    let is_directive = |directive: &str| is_level(directive.rsplit('=').next().unwrap_or(directive));
    if !text.split(',').all(is_directive) {
        return None;
    }
    let asked_for: Targets = text.parse().ok()?;
    if asked_for.default_level() <= Some(LevelFilter::WARN) {
        return Some(asked_for);
    }
    format!("{QUIET},{text}").parse().ok()
}

fn parse_format(text: &str) -> Option<LogFormat> {
    let named = |format: &LogFormat| text.eq_ignore_ascii_case(&format.to_string());
    [LogFormat::Pretty, LogFormat::Json].into_iter().find(named)
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
        })
    }
}

impl Logging {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![("LOG_LEVEL", self.level.clone()), ("LOG_FORMAT", self.format.to_string())]
    }
}
