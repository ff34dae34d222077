//! Every published promise, on a real server, with a prefix for the keys of each.

use std::sync::Arc;

use tempfile::TempDir;
use tessera_repositories::contract::sessions::SessionPorts;
use tessera_repositories::{OneTimeTokenRepository, RateLimitRepository, RevocationRepository, UserCache};
use tessera_repositories_redis::{
    AnnouncedSessions, RedisBlacklist, RedisOneTimeTokens, RedisRateLimits, RedisRevocations, RedisStore,
    RedisUserCache,
};
use tessera_repositories_sqlite::{SqliteRevocations, SqliteSessions, SqliteStore, SqliteUsers};
use tessera_test_servers::redis::Prefix;

use crate::support::store;

async fn fresh() -> (RedisStore, Prefix) {
    let prefix = Prefix::fresh();
    (store(&prefix).await, prefix)
}

tessera_repositories::one_time_token_contract!(async {
    let (store, prefix) = fresh().await;
    (Arc::new(RedisOneTimeTokens::new(&store)) as Arc<dyn OneTimeTokenRepository>, prefix)
});

tessera_repositories::user_cache_contract!(async {
    let (store, prefix) = fresh().await;
    (Arc::new(RedisUserCache::new(&store)) as Arc<dyn UserCache>, prefix)
});

tessera_repositories::rate_limit_contract!(async {
    let (store, prefix) = fresh().await;
    (Arc::new(RedisRateLimits::new(&store)) as Arc<dyn RateLimitRepository>, prefix)
});

/// A database, and what is announced of it.
struct Announced {
    database: SqliteStore,
    revocations: Arc<dyn RevocationRepository>,
    blacklist: RedisBlacklist,
    keep: (TempDir, Prefix),
}

async fn announced() -> Announced {
    let folder = tempfile::tempdir().expect("a folder");
    let database = SqliteStore::open(folder.path().join("tessera.sqlite3")).expect("a database");
    let log: Arc<dyn RevocationRepository> = Arc::new(SqliteRevocations::new(&database));
    let (store, prefix) = fresh().await;
    let blacklist = RedisBlacklist::new(&store, Arc::clone(&log));
    let revocations = Arc::new(RedisRevocations::new(log, &blacklist));
    Announced { database, revocations, blacklist, keep: (folder, prefix) }
}

tessera_repositories::revocation_contract!(async {
    let announced = announced().await;
    (announced.revocations, (announced.database, announced.keep))
});

tessera_repositories::session_contract!(async {
    let Announced { database, revocations, blacklist, keep } = announced().await;
    let ports = SessionPorts {
        users: Arc::new(SqliteUsers::new(&database)),
        sessions: Arc::new(AnnouncedSessions::new(Arc::new(SqliteSessions::new(&database)), &blacklist)),
        revocations,
    };
    (ports, (database, keep))
});
