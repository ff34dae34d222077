//! URLs of servers, put together from their parts: programs that this one takes the place of are told host, port, name,
//! user and password in variables of their own.
//!
//! The parts are read only where no URL is set. What cannot be a URL is a mistake that names what is missing; no message
//! quotes a part that may be secret.

use std::fmt::Write as _;

use secrecy::SecretString;

use super::environment::{Environment, Found, Origin};
use super::mistakes::Checks;

/// The two spellings of a name.
type Name = (&'static str, &'static str);

/// The names of the parts of a database.
struct Database {
    host: Name,
    port: Name,
    name: Name,
    user: Name,
    password: Name,
}

/// The first one that names a host counts.
const DATABASES: [Database; 2] = [
    Database {
        host: ("DB_HOST", "db_host"),
        port: ("DB_PORT", "db_port"),
        name: ("DB_NAME", "db_name"),
        user: ("DB_USER", "db_user"),
        password: ("DB_PASSWORD", "db_password"),
    },
    Database {
        host: ("SUPABASE_DB_HOST", "supabase_db_host"),
        port: ("SUPABASE_DB_PORT", "supabase_db_port"),
        name: ("SUPABASE_DB_NAME", "supabase_db_name"),
        user: ("SUPABASE_DB_USER", "supabase_db_user"),
        password: ("SUPABASE_DB_PASSWORD", "supabase_db_password"),
    },
];

const REDIS_HOST: Name = ("REDIS_HOST", "redis_host");
const REDIS_PORT: Name = ("REDIS_PORT", "redis_port");
const REDIS_NUMBER: Name = ("REDIS_DB", "redis_db");
const REDIS_PASSWORD: Name = ("REDIS_PASSWORD", "redis_password");

/// What PostgreSQL itself calls its first user and its first database.
const POSTGRES: &str = "postgres";

/// A URL, and where its host was found.
pub(super) struct Composed {
    pub url: SecretString,
    pub origin: Origin,
}

/// Parts that were found and cannot be used; the checks have been told why.
pub(super) struct Unusable;

/// The URL of the PostgreSQL database whose parts are set, if there are any.
pub(super) fn postgres(environment: &Environment, checks: &mut Checks) -> Result<Option<Composed>, Unusable> {
    let mut found = Vec::new();
    for names in &DATABASES {
        found.push(DatabaseParts::find(names, environment, checks)?);
    }
    let with_host = found.iter().position(|parts| parts.host.is_some());
    match with_host.or_else(|| found.iter().position(DatabaseParts::has_any)) {
        Some(place) => found.swap_remove(place).compose(checks).map(Some),
        None => Ok(None),
    }
}

/// What was found of one database.
struct DatabaseParts {
    names: &'static Database,
    host: Option<Found>,
    port: Option<Found>,
    name: Option<Found>,
    user: Option<Found>,
    password: Option<Found>,
}

impl DatabaseParts {
    fn find(names: &'static Database, environment: &Environment, checks: &mut Checks) -> Result<Self, Unusable> {
        Ok(Self {
            names,
            host: find(environment, names.host, checks)?,
            port: find_port(environment, names.port, checks)?,
            name: find(environment, names.name, checks)?,
            user: find(environment, names.user, checks)?,
            password: find(environment, names.password, checks)?,
        })
    }

    fn parts(&self) -> [&Option<Found>; 5] {
        [&self.host, &self.port, &self.name, &self.user, &self.password]
    }

    fn has_any(&self) -> bool {
        self.parts().into_iter().any(Option::is_some)
    }

    /// As the others are written.
    fn spelling(&self, name: Name) -> &'static str {
        let mut found = self.parts().into_iter().flatten().filter_map(|part| part.origin.alias());
        if found.all(|name| name.starts_with(|c: char| c.is_ascii_lowercase())) { name.1 } else { name.0 }
    }

    fn compose(self, checks: &mut Checks) -> Result<Composed, Unusable> {
        let needed = [(self.names.host, &self.host), (self.names.name, &self.name), (self.names.user, &self.user)];
        // A host and a port tell where the server is, and nothing else was meant.
        let is_place_alone =
            self.host.is_some() && self.name.is_none() && self.user.is_none() && self.password.is_none();
        if !is_place_alone {
            let missing: Vec<_> =
                needed.iter().filter(|(_, part)| part.is_none()).map(|(name, _)| self.spelling(*name)).collect();
            refuse_missing("DATABASE_URL", &missing, checks)?;
        }
        let host = self.host.ok_or(Unusable)?;
        if is_place_alone {
            let only = host.origin.alias().unwrap_or_default();
            let text = format!("{only} alone says where the database is; its name and its user are both {POSTGRES:?}");
            checks.warn(text);
        }
        let or_postgres = |part: Option<Found>| part.map_or_else(|| POSTGRES.to_owned(), |part| part.value);
        let mut url = format!("postgres://{}", encoded(&or_postgres(self.user)));
        if let Some(password) = self.password {
            let _infallible = write!(url, ":{}", encoded(&password.value));
        }
        let port = port(self.port, 5432, checks)?;
        let _infallible = write!(url, "@{}:{port}/{}", host_of_url(&host.value), encoded(&or_postgres(self.name)));
        Ok(Composed { url: url.into(), origin: host.origin })
    }
}

/// The URL of the Redis server whose parts are set, if there are any.
pub(super) fn redis(environment: &Environment, checks: &mut Checks) -> Result<Option<Composed>, Unusable> {
    let (host, found_port) = (find(environment, REDIS_HOST, checks)?, find_port(environment, REDIS_PORT, checks)?);
    let (number, password) = (find(environment, REDIS_NUMBER, checks)?, find(environment, REDIS_PASSWORD, checks)?);
    let Some(host) = host else {
        let is_any = number.is_some() || found_port.is_some() || password.is_some();
        let missing: &[_] = if is_any { &[REDIS_HOST.0] } else { &[] };
        return refuse_missing("REDIS_URL", missing, checks).map(|()| None);
    };
    let number = match number {
        Some(found) => whole(&found, REDIS_NUMBER.0, "the number of a database, such as 0", checks)?,
        None => 0,
    };
    let password = password.map(|password| format!(":{}@", encoded(&password.value))).unwrap_or_default();
    let port = port(found_port, 6379, checks)?;
    let url = format!("redis://{password}{}:{port}/{number}", host_of_url(&host.value));
    Ok(Some(Composed { url: url.into(), origin: host.origin }))
}

/// A password that stands beside a URL which may have none.
pub(super) fn redis_password(environment: &Environment, checks: &mut Checks) -> Result<Option<SecretString>, Unusable> {
    Ok(find(environment, REDIS_PASSWORD, checks)?.map(|found| found.value.into()))
}

/// A part, if it is set.
fn find(environment: &Environment, name: Name, checks: &mut Checks) -> Result<Option<Found>, Unusable> {
    let found = environment.find_part(name);
    let is_text = found.as_ref().is_none_or(|found| checks.is_text(name.0, &found.value));
    if is_text { Ok(found) } else { Err(Unusable) }
}

fn refuse_missing(setting: &'static str, missing: &[&str], checks: &mut Checks) -> Result<(), Unusable> {
    if missing.is_empty() {
        return Ok(());
    }
    let (names, are) = (missing.join(", "), if missing.len() == 1 { "is" } else { "are" });
    let problem = format!("is not set, and of the variables that may stand for it {names} {are} missing");
    checks.refuse(setting, problem, "the URL, or every part of it");
    Err(Unusable)
}

/// A port. Where a cluster or a link between containers offers a service of that name, it sets the same variable to
/// the URL of the service; that is nobody's setting.
fn find_port(environment: &Environment, name: Name, checks: &mut Checks) -> Result<Option<Found>, Unusable> {
    Ok(find(environment, name, checks)?.filter(|found| !found.value.starts_with("tcp://")))
}

fn port(found: Option<Found>, default: u16, checks: &mut Checks) -> Result<u16, Unusable> {
    let Some(found) = found else { return Ok(default) };
    let name = found.origin.alias().unwrap_or("port");
    whole(&found, name, "a port from 1 to 65535", checks)
}

fn whole(found: &Found, name: &'static str, accepted: &str, checks: &mut Checks) -> Result<u16, Unusable> {
    checks.read(name, &found.value, accepted, |text| text.parse().ok()).ok_or(Unusable)
}

/// An address of IPv6 is put in brackets, so that its colons are not taken for a port's.
fn host_of_url(host: &str) -> String {
    let host = host.trim();
    if host.contains(':') { format!("[{}]", host.trim_matches(['[', ']'])) } else { encoded(host) }
}

/// Whatever has a meaning in a URL is written by its bytes (RFC 3986, section 2.1).
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _infallible = write!(url, "%{byte:02X}");
        }
        url
    })
}
