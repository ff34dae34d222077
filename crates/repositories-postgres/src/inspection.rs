//! Looking at a database that servers may be using.

use std::time::Duration;

use async_trait::async_trait;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Text};
use diesel::{ConnectionError, QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{Algorithm, Timestamp};
use tessera_repositories::{Contents, Inspection, RepositoryError, Result, SchemaState, StorageInspection};

use crate::ConnectError;
use crate::connection::Target;
use crate::error::Failure;
use crate::migrate::MIGRATIONS;
use crate::sessions_kept;
use crate::signing_keys;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database that is looked at, over a connection of its own.
pub struct PostgresInspection {
    url: SecretString,
}

impl PostgresInspection {
    /// The database at `url`.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self { url: url.into() }
    }
}

#[async_trait]
impl StorageInspection for PostgresInspection {
    /// On the runtime of the caller, which has to be there until it is done.
    async fn inspect(&self, strong: &[String]) -> Result<Inspection> {
        const CONTEXT: &str = "look at the database";
        let target = Target::parse(self.url.expose_secret(), PATIENCE);
        let target = target.map_err(|error| RepositoryError::permanent(CONTEXT, error))?.for_work();
        let looked = async {
            let away = |error: ConnectionError| Failure::Connect(error.into());
            if !sessions_kept::are_kept(&target).await.map_err(away)? {
                return Err(Failure::Connect(ConnectError::Pooled.into()));
            }
            let mut connection = target.open().await.map_err(away)?;
            look(&mut connection, strong).await
        };
        looked.await.map_err(|failure| failure.into_repository_error(CONTEXT))
    }
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

#[derive(QueryableByName)]
struct Passwords {
    #[diesel(sql_type = BigInt)]
    passwords: i64,
    #[diesel(sql_type = BigInt)]
    weak: i64,
}

async fn look(connection: &mut AsyncPgConnection, strong: &[String]) -> std::result::Result<Inspection, Failure> {
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS number";
    let now: Number = sql_query(now).get_result(connection).await?;
    let schema = schema(connection).await?;
    let contents = if schema.missing == 0 { Some(contents(connection, strong).await?) } else { None };
    Ok(Inspection { schema, now: Some(Timestamp::from_unix_micros(now.number)), contents })
}

async fn schema(connection: &mut AsyncPgConnection) -> std::result::Result<SchemaState, Failure> {
    let table = "SELECT count(*) AS number FROM pg_class
        WHERE oid = to_regclass('__diesel_schema_migrations') AND relnamespace = current_schema()::regnamespace";
    let table: Number = sql_query(table).get_result(connection).await?;
    let applied = if table.number == 0 {
        Vec::new()
    } else {
        sql_query("SELECT version::text AS version FROM __diesel_schema_migrations").load::<Version>(connection).await?
    };
    let applied: Vec<_> = applied.into_iter().map(|row| row.version).collect();
    Ok(SchemaState::compare(&applied, &known()))
}

/// The versions of the migrations that were compiled in.
fn known() -> Vec<String> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

async fn contents(connection: &mut AsyncPgConnection, strong: &[String]) -> std::result::Result<Contents, Failure> {
    let passwords = sql_query(
        "SELECT count(*) AS passwords, count(*) FILTER (WHERE NOT EXISTS (
             SELECT FROM unnest($1) AS strong WHERE starts_with(password_hash, strong))) AS weak
         FROM users WHERE NOT starts_with(password_hash, '!')",
    );
    let Passwords { passwords, weak } = passwords.bind::<Array<Text>, _>(strong).get_result(connection).await?;
    let keys = signing_keys::list(connection, Algorithm::Es256.name()).await?;
    let count = |number| u64::try_from(number).unwrap_or(0);
    Ok(Contents { passwords: count(passwords), weak: count(weak), keys })
}
