//! Where data is kept.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::environment::Environment;
use super::mistakes::Checks;

const ACCEPTED: &str =
    "sqlite: and the path of a file, such as sqlite:data/tessera.sqlite3, or postgres://user:password@host:5432/name";

/// Names that name another storage in other programs. They are not understood, and silence about that could lose data.
const NOT_UNDERSTOOD: [&str; 8] =
    ["DB_NAME", "DB_HOST", "db_name", "db_host", "SUPABASE_DB_NAME", "SUPABASE_DB_HOST", "REDIS_URL", "redis_host"];

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Folder of everything the service keeps; made if it is not there
    #[arg(long, env = "DATA_DIR", value_name = "PATH", default_value = "./data")]
    data_dir: String,

    /// Database: `sqlite:` and a path, or `postgres://user:password@host:5432/name` [default: `tessera.sqlite3` in
    /// `DATA_DIR`]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Where data is kept.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The folder of everything that is no row.
    pub data_dir: PathBuf,
    /// The rows.
    pub database: Database,
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
        let data_dir = checks.read("DATA_DIR", &self.data_dir, "the path of a folder", folder)?;
        let database = if let Some(url) = self.database_url {
            parse_url(&url, checks)?
        } else {
            warn_of_others(environment, checks);
            Database::Sqlite { path: data_dir.join("tessera.sqlite3") }
        };
        Some(Storage { data_dir, database })
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

fn warn_of_others(environment: &Environment, checks: &mut Checks) {
    let set: Vec<_> = NOT_UNDERSTOOD.into_iter().filter(|name| environment.find(name).is_some()).collect();
    if !set.is_empty() {
        let names = set.join(", ");
        checks.warn(format!(
            "{names}: this version does not read these settings; set DATABASE_URL, or leave it for SQLite"
        ));
    }
}

impl Storage {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![("DATA_DIR", self.data_dir.display().to_string()), ("DATABASE_URL", self.database.to_string())]
    }
}
