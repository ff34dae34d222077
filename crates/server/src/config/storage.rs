//! Where data is kept.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::environment::Environment;
use super::mistakes::Checks;
use super::parts::{self, Composed, Unusable};

const ACCEPTED: &str =
    "sqlite: and the path of a file, such as sqlite:data/tessera.sqlite3, or postgres://user:password@host:5432/name";

const PREFIX_ACCEPTED: &str = "letters, digits and signs other than braces, without white space";
const REDIS_ACCEPTED: &str = "redis://user:password@host:6379/0, or rediss:// for TLS";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Folder of everything the service keeps; made if it is not there
    #[arg(long, env = "DATA_DIR", value_name = "PATH", default_value = "./data")]
    data_dir: String,

    /// Database: `sqlite:` and a path, or `postgres://user:password@host:5432/name`. Where it is not set, `DB_HOST`,
    /// `DB_PORT`, `DB_NAME`, `DB_USER` and `DB_PASSWORD` stand for it, or the same after `SUPABASE_`, also in lower case
    /// [default: `tessera.sqlite3` in `DATA_DIR`]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Redis, for what lives shortly: `redis://user:password@host:6379/0`, or `rediss://` for TLS. Where it is not set,
    /// `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB` and `REDIS_PASSWORD` stand for it, also in lower case. Beside a URL without
    /// a password, `REDIS_PASSWORD` is for a server that asks for one [default: none, and the database keeps everything]
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,

    /// What the names of all keys in Redis begin with
    #[arg(long, env = "REDIS_KEY_PREFIX", value_name = "TEXT", default_value = "tessera:")]
    redis_key_prefix: String,
}

/// Where data is kept.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The folder of everything that is no row.
    pub data_dir: PathBuf,
    /// The rows.
    pub database: Database,
    /// What lives shortly, if it is not with the rest.
    pub redis: Option<Redis>,
    /// What the names of all keys in Redis begin with.
    pub redis_key_prefix: String,
}

/// A database that everything is stored in.
#[derive(Debug, Clone)]
pub enum Database {
    /// An SQLite file.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Its URL, which may hold a password.
        url: SecretString,
    },
}

/// A Redis server.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Its URL, which may hold a password.
    pub url: SecretString,
    /// A password for a server that asks for one, where the URL has none.
    pub password: Option<SecretString>,
}

/// Shows no more of a URL than its scheme.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "sqlite:{}", path.display()),
            Self::Postgres { .. } => f.write_str("postgres: (set, not shown)"),
        }
    }
}

impl Settings {
    pub fn check(self, environment: &Environment, checks: &mut Checks) -> Option<Storage> {
        let folder = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let data_dir = checks.read("DATA_DIR", &self.data_dir, "the path of a folder", folder);
        let database = match self.database_url {
            Some(url) => parse_url(&url, checks),
            None => match parts::postgres(environment, checks) {
                Ok(Some(composed)) => Some(Database::Postgres { url: adopt("DATABASE_URL", composed, checks) }),
                Ok(None) => data_dir.as_ref().map(|folder| Database::Sqlite { path: folder.join("tessera.sqlite3") }),
                Err(Unusable) => None,
            },
        };
        let prefix = |text: &str| text.bytes().all(is_plain).then(|| text.to_owned());
        let redis_key_prefix = checks.read("REDIS_KEY_PREFIX", &self.redis_key_prefix, PREFIX_ACCEPTED, prefix);
        let redis = check_redis(self.redis_url, environment, checks).ok();
        Some(Storage { data_dir: data_dir?, database: database?, redis: redis?, redis_key_prefix: redis_key_prefix? })
    }
}

/// Braces would change where a cluster places keys.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"{}".contains(&byte)
}

/// Notes where the parts of a URL were found.
fn adopt(setting: &str, composed: Composed, checks: &mut Checks) -> SecretString {
    checks.origins.insert(setting.to_owned(), composed.origin);
    composed.url
}

fn check_redis(url: Option<String>, environment: &Environment, checks: &mut Checks) -> Result<Option<Redis>, Unusable> {
    let Some(url) = url else {
        let composed = parts::redis(environment, checks)?;
        let url = composed.map(|composed| adopt("REDIS_URL", composed, checks));
        return Ok(url.map(|url| Redis { url, password: None }));
    };
    let url = url.trim();
    if !checks.is_text("REDIS_URL", url) {
        return Err(Unusable);
    }
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("redis" | "rediss" | "valkey" | "valkeys") => {
            Ok(Some(Redis { url: url.into(), password: parts::redis_password(environment, checks)? }))
        }
        Some(scheme) => {
            checks.refuse("REDIS_URL", format!("begins with {:?}", format!("{scheme}:")), REDIS_ACCEPTED);
            Err(Unusable)
        }
        None => {
            checks.refuse("REDIS_URL", "has no scheme", REDIS_ACCEPTED);
            Err(Unusable)
        }
    }
}

/// The URL may hold a password; no message quotes more of it than its scheme.
fn parse_url(url: &str, checks: &mut Checks) -> Option<Database> {
    let url = url.trim();
    if !checks.is_text("DATABASE_URL", url) {
        return None;
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        checks.refuse("DATABASE_URL", "has no scheme", ACCEPTED);
        return None;
    };
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let problem = match scheme {
        "sqlite" if path.is_empty() => "names no file".to_owned(),
        "sqlite" if path.starts_with(':') => "names a database in memory, which would be lost at every stop".to_owned(),
        "sqlite" if path.contains('?') => "has options after a question mark, which are not understood".to_owned(),
        "sqlite" => return Some(Database::Sqlite { path: PathBuf::from(path) }),
        "postgres" | "postgresql" => return Some(Database::Postgres { url: url.into() }),
        other => format!("begins with {:?}, which is no storage this version knows", format!("{other}:")),
    };
    checks.refuse("DATABASE_URL", problem, ACCEPTED);
    None
}

impl Storage {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let redis = self.redis.as_ref();
        vec![
            ("DATA_DIR", self.data_dir.display().to_string()),
            ("DATABASE_URL", self.database.to_string()),
            ("REDIS_URL", redis.map_or("(none)", |_| "redis: (set, not shown)").to_owned()),
            ("REDIS_KEY_PREFIX", self.redis_key_prefix.clone()),
        ]
    }
}
