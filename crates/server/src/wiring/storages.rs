//! Which storage stands behind which port.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use tessera_repositories::{
    AccountChangeRepository, ActivityRepository, MailOutboxRepository, OneTimeTokenRepository, RateLimitRepository,
    RevocationNotices, RevocationRepository, SessionRepository, SigningKeyRepository, StorageGauge, UserCache,
    UserRepository, UserTokenRepository,
};
use tessera_repositories_memory::{MemoryRateLimits, MemoryUserCache};
use tessera_repositories_postgres::{
    PostgresAccountChanges, PostgresActivity, PostgresMailOutbox, PostgresOneTimeTokens, PostgresRevocations,
    PostgresSessions, PostgresSigningKeys, PostgresStore, PostgresUserTokens, PostgresUsers,
    StoreOptions as PostgresOptions,
};
use tessera_repositories_redis::{
    AnnouncedAccountChanges, AnnouncedSessions, OwnedOneTimeTokens, RedisBlacklist, RedisOneTimeTokens,
    RedisRateLimits, RedisRevocations, RedisStore, RedisUserCache, StoreOptions,
};
use tessera_repositories_sqlite::{
    SqliteAccountChanges, SqliteActivity, SqliteMailOutbox, SqliteOneTimeTokens, SqliteRevocations, SqliteSessions,
    SqliteSigningKeys, SqliteStore, SqliteUserTokens, SqliteUsers,
};
use tessera_services::health::Backend;
use tessera_services::limits::FallbackRateLimits;

use crate::config::{Config, Database, Redis};

/// Every storage port, behind whichever storage was chosen.
pub struct Storages {
    /// Accounts.
    pub users: Arc<dyn UserRepository>,
    /// Changes of accounts, with all that ends by them.
    pub account_changes: Arc<dyn AccountChangeRepository>,
    /// Sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// What was revoked.
    pub revocations: Arc<dyn RevocationRepository>,
    /// News of what other instances revoke, where there is something that passes them on.
    pub notices: Option<Arc<dyn RevocationNotices>>,
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
    /// Counters of attempts.
    pub rate_limits: Arc<dyn RateLimitRepository>,
    /// Who counts them while Redis is away, where there is one.
    pub fallback: Option<Arc<FallbackRateLimits>>,
    /// What remembers accounts.
    pub cache: Arc<dyn UserCache>,
    /// The storages themselves.
    pub health: Vec<Backend>,
    /// How busy the database is.
    pub gauge: Arc<dyn StorageGauge>,
    opened: Opened,
}

/// The database itself, to be closed in order.
enum Opened {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Storages {
    /// Opens the storage, made and brought up to date if need be.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        let storage = &config.storage;
        let database = match &storage.database {
            Database::Sqlite { path } => Self::open_sqlite(path.clone()).await?,
            Database::Postgres { url } => Self::open_postgres(url.expose_secret(), config.listen.workers.get()).await?,
        };
        match &storage.redis {
            Some(redis) => database.with_redis(redis, &storage.redis_key_prefix).await,
            None => Ok(database),
        }
    }

    /// The same, but a database file that is not there yet is not made.
    pub(super) async fn find(config: &Config) -> anyhow::Result<Option<Self>> {
        match &config.storage.database {
            Database::Sqlite { path } if !path.try_exists()? => Ok(None),
            _ => Self::open(config).await.map(Some),
        }
    }

    async fn open_sqlite(path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path)).await?;
        let store = opened.with_context(|| format!("the database {shown} cannot be used (DATABASE_URL, DATA_DIR)"))?;
        Ok(Self {
            users: Arc::new(SqliteUsers::new(&store)),
            account_changes: Arc::new(SqliteAccountChanges::new(&store)),
            sessions: Arc::new(SqliteSessions::new(&store)),
            revocations: Arc::new(SqliteRevocations::new(&store)),
            notices: None,
            one_time_tokens: Arc::new(SqliteOneTimeTokens::new(&store)),
            links: Arc::new(SqliteOneTimeTokens::new(&store)),
            user_tokens: Arc::new(SqliteUserTokens::new(&store)),
            activity: Arc::new(SqliteActivity::new(&store)),
            mail_outbox: Arc::new(SqliteMailOutbox::new(&store)),
            signing_keys: Arc::new(SqliteSigningKeys::new(&store)),
            rate_limits: Arc::new(MemoryRateLimits::new()),
            fallback: None,
            cache: Arc::new(MemoryUserCache::new()),
            health: vec![Backend { storage: Arc::new(store.clone()), is_needed: true }],
            gauge: Arc::new(store.clone()),
            opened: Opened::Sqlite(store),
        })
    }

    async fn open_postgres(url: &str, workers: usize) -> anyhow::Result<Self> {
        let options = PostgresOptions { workers, ..PostgresOptions::default() };
        let store = PostgresStore::connect_with(url, options).await;
        let store = store.context("the database cannot be used (DATABASE_URL)")?;
        Ok(Self {
            users: Arc::new(PostgresUsers::new(&store)),
            account_changes: Arc::new(PostgresAccountChanges::new(&store)),
            sessions: Arc::new(PostgresSessions::new(&store)),
            revocations: Arc::new(PostgresRevocations::new(&store)),
            notices: None,
            one_time_tokens: Arc::new(PostgresOneTimeTokens::new(&store)),
            links: Arc::new(PostgresOneTimeTokens::new(&store)),
            user_tokens: Arc::new(PostgresUserTokens::new(&store)),
            activity: Arc::new(PostgresActivity::new(&store)),
            mail_outbox: Arc::new(PostgresMailOutbox::new(&store)),
            signing_keys: Arc::new(PostgresSigningKeys::new(&store)),
            rate_limits: Arc::new(MemoryRateLimits::new()),
            fallback: None,
            cache: Arc::new(MemoryUserCache::new()),
            health: vec![Backend { storage: Arc::new(store.clone()), is_needed: true }],
            gauge: Arc::new(store.clone()),
            opened: Opened::Postgres(store),
        })
    }

    /// The same with what lives shortly in Redis. Most requests do not need it, so that a server which is away keeps nobody
    /// from starting.
    async fn with_redis(mut self, redis: &Redis, key_prefix: &str) -> anyhow::Result<Self> {
        let options =
            StoreOptions { password: redis.password.clone(), ..StoreOptions::new(redis.url.clone(), key_prefix) };
        let store = RedisStore::connect(&options).await.context("Redis cannot be used (REDIS_URL)")?;
        let blacklist = RedisBlacklist::new(&store, self.revocations.clone());
        self.sessions = Arc::new(AnnouncedSessions::new(self.sessions, &blacklist));
        self.account_changes = Arc::new(AnnouncedAccountChanges::new(self.account_changes, &blacklist));
        self.revocations = Arc::new(RedisRevocations::new(self.revocations, &blacklist));
        self.notices = Some(Arc::new(blacklist));
        let tokens = Arc::new(RedisOneTimeTokens::new(&store));
        self.one_time_tokens = Arc::new(OwnedOneTimeTokens::new(tokens, self.users.clone()));
        let limits = Arc::new(FallbackRateLimits::new(Arc::new(RedisRateLimits::new(&store)), self.rate_limits));
        self.fallback = Some(Arc::clone(&limits));
        self.rate_limits = limits;
        self.cache = Arc::new(RedisUserCache::new(&store));
        self.health.push(Backend { storage: Arc::new(store), is_needed: false });
        Ok(self)
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
