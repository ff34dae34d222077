//! Where settings come from besides the command line: the environment of the process, and `.env` beneath it.
//!
//! This is the only place that reads the environment. An empty variable counts as not set, as compose files leave them.

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;

use super::dotenv::DotEnv;
use super::mistakes::Mistake;

/// Other names of the same settings, as other programs have them. The canonical name wins wherever both are set.
pub(super) const ALIASES: [(&str, &str); 7] = [
    ("APP_ENV", "DEBUG"),
    ("APP_NAME", "app_name"),
    ("DATABASE_URL", "database_url"),
    ("REDIS_URL", "redis_url"),
    ("SECRET_KEY", "secret_key"),
    ("JWT_ACCESS_TOKEN_LIFETIME", "access_token_expire_minutes"),
    ("ONETIME_TOKEN_EXPIRE_SECONDS", "onetime_token_expire_seconds"),
];

type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// The environment of the process and the `.env` file.
pub struct Environment {
    process: Lookup,
    file: DotEnv,
}

impl Environment {
    /// The real one, with the `.env` of the working directory if there is one.
    pub fn of_process() -> Self {
        let file = match std::fs::read_to_string(".env") {
            Ok(text) => DotEnv::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => DotEnv::default(),
            Err(error) => DotEnv { problem: Some(error.to_string()), ..DotEnv::default() },
        };
        Self { process: Box::new(process_variable), file }
    }

    /// One that holds exactly these variables, and the text of a `.env` file.
    pub fn of(variables: &[(&str, &str)], dotenv: &str) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: HashMap<_, _> = variables.iter().map(owned).collect();
        Self { process: Box::new(move |name| variables.get(name).cloned()), file: DotEnv::parse(dotenv) }
    }

    /// What is set for a canonical name.
    pub(super) fn find(&self, canonical: &str) -> Option<Found> {
        let aliases = ALIASES.iter().filter(|(of, _)| *of == canonical);
        let alias = || aliases.map(|(_, alias)| *alias).find_map(|alias| self.find_spelled(alias, Some(alias)));
        self.find_spelled(canonical, None).or_else(alias)
    }

    /// What is set for a part of a setting, in either spelling of its name.
    pub(super) fn find_part(&self, (name, other): (&'static str, &'static str)) -> Option<Found> {
        [name, other].into_iter().find_map(|name| self.find_spelled(name, Some(name)))
    }

    fn find_spelled(&self, name: &str, alias: Option<&'static str>) -> Option<Found> {
        let is_set = |value: &String| !value.trim().is_empty();
        if let Some(value) = (self.process)(name).filter(is_set) {
            return Some(Found { value, origin: Origin::Process { alias } });
        }
        let value = self.file.variables.get(name).cloned().filter(is_set)?;
        Some(Found { value, origin: Origin::File { alias } })
    }

    /// What of `.env` could not be read.
    pub(super) fn mistakes(&self) -> Vec<Mistake> {
        let file = self.file.problem.iter().map(|problem| format!("cannot be read: {problem}"));
        let lines = self.file.unreadable_lines.iter();
        let lines = lines.map(|line| format!("line {line} is neither NAME=value nor a comment"));
        file.chain(lines).map(Mistake::of_file).collect()
    }
}

/// Bytes that are no text become U+FFFD, which the checks refuse: better than a variable that silently is not there.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the configuration, and the one place that reads the environment"
)]
fn process_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The value of a setting, and where it was found.
pub(super) struct Found {
    pub value: String,
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment of the process.
    Process {
        /// The name it has there, if that is not the canonical one.
        alias: Option<&'static str>,
    },
    /// The `.env` file.
    File {
        /// The name it has there, if that is not the canonical one.
        alias: Option<&'static str>,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Process { alias: None } => f.write_str("environment"),
            Self::Process { alias: Some(name) } => write!(f, "environment, as {name}"),
            Self::File { alias: None } => f.write_str(".env"),
            Self::File { alias: Some(name) } => write!(f, ".env, as {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Origin {
    /// The name that the value was found under, if that is not the canonical one.
    pub fn alias(self) -> Option<&'static str> {
        match self {
            Self::Process { alias } | Self::File { alias } => alias,
            Self::Flag | Self::Default => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(environment: &Environment, name: &str) -> Option<String> {
        environment.find(name).map(|found| format!("{} ({})", found.value, found.origin))
    }

    #[test]
    fn the_process_wins_over_the_file_and_the_canonical_name_over_its_alias() {
        let environment = Environment::of(
            &[("APP_NAME", "process"), ("secret_key", "alias"), ("JWT_ALGORITHM", " ")],
            "APP_NAME=file\nSECRET_KEY=file\nJWT_ALGORITHM=HS256\naccess_token_expire_minutes=20",
        );
        assert_eq!(found(&environment, "APP_NAME").as_deref(), Some("process (environment)"));
        assert_eq!(found(&environment, "SECRET_KEY").as_deref(), Some("file (.env)"));
        assert_eq!(found(&environment, "JWT_ALGORITHM").as_deref(), Some("HS256 (.env)"));
        let alias = found(&environment, "JWT_ACCESS_TOKEN_LIFETIME");
        assert_eq!(alias.as_deref(), Some("20 (.env, as access_token_expire_minutes)"));
        assert_eq!(found(&environment, "DATA_DIR"), None);
    }
}
