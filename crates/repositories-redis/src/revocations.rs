//! Revocations in a database, with Redis in front of it.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Revocation, RevokedKey, Timestamp};
use tessera_repositories::{Result, RevocationCursor, RevocationPage, RevocationRepository};

use crate::RedisBlacklist;

/// A log of revocations that announces what is recorded in it.
///
/// The log is the truth: it is written first, and it alone can say that something is *not* revoked (requirement T8). That
/// something is may be said by the blacklist too, also while the log is away.
#[derive(Clone)]
pub struct RedisRevocations {
    log: Arc<dyn RevocationRepository>,
    blacklist: RedisBlacklist,
}

impl RedisRevocations {
    /// `log`, announced on `blacklist`.
    pub fn new(log: Arc<dyn RevocationRepository>, blacklist: &RedisBlacklist) -> Self {
        Self { log, blacklist: blacklist.clone() }
    }
}

#[async_trait]
impl RevocationRepository for RedisRevocations {
    async fn insert(&self, revocations: &[Revocation]) -> Result<()> {
        self.log.insert(revocations).await?;
        self.blacklist.announce(revocations).await;
        Ok(())
    }

    async fn is_revoked(&self, keys: &[RevokedKey], now: Timestamp) -> Result<bool> {
        match self.blacklist.has_any(keys, now).await {
            Ok(true) => Ok(true),
            Ok(false) | Err(_) => self.log.is_revoked(keys, now).await,
        }
    }

    async fn list_after(&self, cursor: RevocationCursor, now: Timestamp, limit: u32) -> Result<RevocationPage> {
        self.log.list_after(cursor, now, limit).await
    }

    /// The server forgets its copies by itself.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.log.delete_expired(now, limit).await
    }
}
