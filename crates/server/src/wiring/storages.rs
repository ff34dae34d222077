//! Which storage stands behind which port.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use tessera_repositories::{
    ActivityRepository, MailOutboxRepository, OneTimeTokenRepository, RevocationRepository, SessionRepository,
    SigningKeyRepository, StorageHealth, UserCache, UserRepository, UserTokenRepository,
};
use tessera_repositories_memory::MemoryUserCache;
use tessera_repositories_postgres::{
    PostgresActivity, PostgresMailOutbox, PostgresOneTimeTokens, PostgresRevocations, PostgresSessions,
    PostgresSigningKeys, PostgresStore, PostgresUserTokens, PostgresUsers,
};
use tessera_repositories_sqlite::{
    SqliteActivity, SqliteMailOutbox, SqliteOneTimeTokens, SqliteRevocations, SqliteSessions, SqliteSigningKeys,
    SqliteStore, SqliteUserTokens, SqliteUsers,
};

use crate::config::{Database, Storage};

/// Every storage port, behind whichever storage was chosen.
pub struct Storages {
    /// Accounts.
    pub users: Arc<dyn UserRepository>,
    /// Sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// What was revoked.
    pub revocations: Arc<dyn RevocationRepository>,
    /// One-time tokens.
    pub one_time_tokens: Arc<dyn OneTimeTokenRepository>,
    /// One-time tokens that are links: for a new password, and to confirm an address. They are kept beside the accounts,
    /// also where all others are kept elsewhere: a change of an account ends its links in the same step.
    pub links: Arc<dyn OneTimeTokenRepository>,
    /// Token pairs of users whom other services own.
    pub user_tokens: Arc<dyn UserTokenRepository>,
    /// What happened to accounts.
    pub activity: Arc<dyn ActivityRepository>,
    /// Mails that wait.
    pub mail_outbox: Arc<dyn MailOutboxRepository>,
    /// Signing keys.
    pub signing_keys: Arc<dyn SigningKeyRepository>,
    /// What remembers accounts.
    pub cache: Arc<dyn UserCache>,
    /// The storages themselves.
    pub health: Vec<Arc<dyn StorageHealth>>,
    opened: Opened,
}

/// The database itself, to be closed in order.
enum Opened {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Storages {
    /// Opens the storage, made and brought up to date if need be.
    pub async fn open(storage: &Storage) -> anyhow::Result<Self> {
        match &storage.database {
            Database::Sqlite { path } => Self::open_sqlite(path.clone()).await,
            Database::Postgres { url } => Self::open_postgres(url.expose_secret()).await,
        }
    }

    /// The same, but a database file that is not there yet is not made.
    pub async fn find(storage: &Storage) -> anyhow::Result<Option<Self>> {
        match &storage.database {
            Database::Sqlite { path } if !path.try_exists()? => Ok(None),
            _ => Self::open(storage).await.map(Some),
        }
    }

    async fn open_sqlite(path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path)).await?;
        let store = opened.with_context(|| format!("the database {shown} cannot be used (DATABASE_URL, DATA_DIR)"))?;
        Ok(Self {
            users: Arc::new(SqliteUsers::new(&store)),
            sessions: Arc::new(SqliteSessions::new(&store)),
            revocations: Arc::new(SqliteRevocations::new(&store)),
            one_time_tokens: Arc::new(SqliteOneTimeTokens::new(&store)),
            links: Arc::new(SqliteOneTimeTokens::new(&store)),
            user_tokens: Arc::new(SqliteUserTokens::new(&store)),
            activity: Arc::new(SqliteActivity::new(&store)),
            mail_outbox: Arc::new(SqliteMailOutbox::new(&store)),
            signing_keys: Arc::new(SqliteSigningKeys::new(&store)),
            cache: Arc::new(MemoryUserCache::new()),
            health: vec![Arc::new(store.clone())],
            opened: Opened::Sqlite(store),
        })
    }

    async fn open_postgres(url: &str) -> anyhow::Result<Self> {
        let store = PostgresStore::connect(url).await.context("the database cannot be used (DATABASE_URL)")?;
        Ok(Self {
            users: Arc::new(PostgresUsers::new(&store)),
            sessions: Arc::new(PostgresSessions::new(&store)),
            revocations: Arc::new(PostgresRevocations::new(&store)),
            one_time_tokens: Arc::new(PostgresOneTimeTokens::new(&store)),
            links: Arc::new(PostgresOneTimeTokens::new(&store)),
            user_tokens: Arc::new(PostgresUserTokens::new(&store)),
            activity: Arc::new(PostgresActivity::new(&store)),
            mail_outbox: Arc::new(PostgresMailOutbox::new(&store)),
            signing_keys: Arc::new(PostgresSigningKeys::new(&store)),
            cache: Arc::new(MemoryUserCache::new()),
            health: vec![Arc::new(store.clone())],
            opened: Opened::Postgres(store),
        })
    }

    /// Finishes what is being written, and leaves everything in order.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.opened {
            Opened::Sqlite(store) => {
                let closed = tokio::task::spawn_blocking(move || store.close()).await;
                closed.context("the database was not closed in order")
            }
            Opened::Postgres(store) => {
                store.close().await;
                Ok(())
            }
        }
    }
}
