//! Which storage stands behind which port.

use std::sync::Arc;

use anyhow::Context as _;
use tessera_repositories::{
    RevocationRepository, SessionRepository, SigningKeyRepository, StorageHealth, UserCache, UserRepository,
};
use tessera_repositories_sqlite::{
    SqliteRevocations, SqliteSessions, SqliteSigningKeys, SqliteStore, SqliteUserCache, SqliteUsers,
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
    /// Signing keys.
    pub signing_keys: Arc<dyn SigningKeyRepository>,
    /// What remembers accounts.
    pub cache: Arc<dyn UserCache>,
    /// The storages themselves.
    pub health: Vec<Arc<dyn StorageHealth>>,
    store: SqliteStore,
}

impl Storages {
    /// Opens the storage, made and brought up to date if need be.
    pub async fn open(storage: &Storage) -> anyhow::Result<Self> {
        let Database::Sqlite { path } = storage.database.clone();
        let shown = path.display().to_string();
        let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path)).await?;
        let store = opened.with_context(|| format!("the database {shown} cannot be used (DATABASE_URL, DATA_DIR)"))?;
        Ok(Self {
            users: Arc::new(SqliteUsers::new(&store)),
            sessions: Arc::new(SqliteSessions::new(&store)),
            revocations: Arc::new(SqliteRevocations::new(&store)),
            signing_keys: Arc::new(SqliteSigningKeys::new(&store)),
            cache: Arc::new(SqliteUserCache::new()),
            health: vec![Arc::new(store.clone())],
            store,
        })
    }

    /// Finishes what is being written, and leaves everything in order on the disk.
    pub async fn close(self) -> anyhow::Result<()> {
        tokio::task::spawn_blocking(move || self.store.close()).await.context("the database was not closed in order")
    }
}
