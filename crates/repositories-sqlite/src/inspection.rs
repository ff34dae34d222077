//! Looking at a file that a server may be using.

use std::path::PathBuf;

use async_trait::async_trait;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tessera_domain::Algorithm;
use tessera_repositories::{Contents, Inspection, Result, SchemaState, StorageInspection};

use crate::connection::{Role, connect};
use crate::error::Failure;
use crate::migrate::MIGRATIONS;
use crate::signing_keys;

/// A database file that is looked at.
#[derive(Debug, Clone)]
pub struct SqliteInspection {
    path: PathBuf,
}

impl SqliteInspection {
    /// The file at `path`, which has to be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl StorageInspection for SqliteInspection {
    async fn inspect(&self, strong: &[String]) -> Result<Inspection> {
        let (path, strong) = (self.path.clone(), strong.to_vec());
        let looked = tokio::task::spawn_blocking(move || look(&path, &strong)).await;
        let result = looked.unwrap_or(Err(Failure::Panicked));
        result.map_err(|failure| failure.into_repository_error("look at the database"))
    }
}

/// The connection cannot write. SQLite would make a file that is not there; an absolute path is never taken for a URL.
fn look(path: &std::path::Path, strong: &[String]) -> std::result::Result<Inspection, Failure> {
    let path = std::path::absolute(path).ok().filter(|path| path.is_file());
    let path = path.as_deref().and_then(|path| path.to_str());
    let missing = || diesel::ConnectionError::BadConnection("there is no such file".to_owned());
    let mut connection = connect(path.ok_or_else(missing)?, Role::Reader)?;
    let schema = schema(&mut connection)?;
    let contents = if schema.missing == 0 { Some(contents(&mut connection, strong)?) } else { None };
    Ok(Inspection { schema, now: None, contents })
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn schema(connection: &mut SqliteConnection) -> std::result::Result<SchemaState, Failure> {
    let table = sql_query(
        "SELECT count(*) AS number FROM sqlite_master WHERE type = 'table' AND name = '__diesel_schema_migrations'",
    );
    let applied = if count(connection, table)? == 0 {
        Vec::new()
    } else {
        sql_query("SELECT version FROM __diesel_schema_migrations").load::<Version>(connection)?
    };
    let applied: Vec<_> = applied.into_iter().map(|row| row.version).collect();
    Ok(SchemaState::compare(&applied, &known()))
}

/// The versions of the migrations that were compiled in.
fn known() -> Vec<String> {
    let migrations: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

fn contents(connection: &mut SqliteConnection, strong: &[String]) -> std::result::Result<Contents, Failure> {
    let having = "SELECT count(*) AS number FROM users WHERE substr(password_hash, 1, 1) <> '!'";
    let passwords = count(connection, sql_query(having))?;
    let mut stronger = 0;
    for prefix in strong {
        let beginning = sql_query("SELECT count(*) AS number FROM users WHERE substr(password_hash, 1, length(?)) = ?");
        stronger += count(connection, beginning.bind::<Text, _>(prefix).bind::<Text, _>(prefix))?;
    }
    let keys = signing_keys::list(connection, Algorithm::Es256.name())?;
    Ok(Contents { passwords, weak: passwords.saturating_sub(stronger), keys })
}

fn count<'q>(
    connection: &mut SqliteConnection,
    query: impl diesel::query_dsl::methods::LoadQuery<'q, SqliteConnection, Number>,
) -> std::result::Result<u64, Failure> {
    let row: Number = query.get_result(connection)?;
    Ok(u64::try_from(row.number).unwrap_or(0))
}
