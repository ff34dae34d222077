//! The copy of what was revoked: for other services, which look up the tokens they are shown, and as news for other
//! instances, so that they need not wait until they read the log again.
//!
//! It is written after the database and never instead of it. What could not be written, and what the server lost, is
//! copied again from the log: the blacklist keeps its own position in the log, which is lost together with it.

mod notice;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use deadpool_redis::redis::{Script, pipe};
use tessera_domain::{Revocation, RevokedKey, Timestamp};
use tessera_repositories::{Result, RevocationCursor, RevocationNotices, RevocationRepository};

use crate::RedisStore;

static ADD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("blacklist/add.lua")));

/// How much of the log is copied at once.
const PAGE: u32 = 500;

/// The blacklist of a [`RedisStore`], and the log that it is a copy of.
#[derive(Clone)]
pub struct RedisBlacklist {
    store: RedisStore,
    log: Arc<dyn RevocationRepository>,
    /// Whether this process has compared it with the log from its beginning.
    is_compared: Arc<AtomicBool>,
}

impl RedisBlacklist {
    /// The copy that `store` has of `log`.
    pub fn new(store: &RedisStore, log: Arc<dyn RevocationRepository>) -> Self {
        Self { store: store.clone(), log, is_compared: Arc::default() }
    }

    /// Says what has just been recorded in the log. Nobody waits long for it, and nobody is told if it failed.
    pub(crate) async fn announce(&self, revocations: &[Revocation]) {
        if revocations.is_empty() {
            return;
        }
        let notice = notice::write(revocations);
        let announced = self.add(revocations, None, Some(&notice)).await;
        if let Err(error) = announced {
            tracing::debug!(%error, "a revocation was not announced; it is copied from the log later");
        }
    }

    /// Whether any of `keys` is on it at `now`. That none is says nothing.
    pub(crate) async fn has_any(&self, keys: &[RevokedKey], now: Timestamp) -> Result<bool> {
        if keys.is_empty() {
            return Ok(false);
        }
        let mut commands = pipe();
        for key in keys {
            commands.cmd("GET").arg(self.store.keys().revoked(key));
        }
        let kept: Vec<Option<i64>> = self.store.send("look for a revocation", self.store.glance(), &commands).await?;
        Ok(kept.into_iter().flatten().any(|until| now.unix_micros() < until))
    }

    /// Writes what is not there yet, or for a shorter time. With a step along the log, nothing is written unless the
    /// blacklist still is where that step begins.
    async fn add(&self, revocations: &[Revocation], step: Option<&Step>, notice: Option<&str>) -> Result<bool> {
        let keys = self.store.keys();
        let mut add = ADD.prepare_invoke();
        for revocation in revocations {
            add.key(keys.revoked(&revocation.key)).arg(revocation.until.unix_micros());
        }
        add.key(keys.blacklist_position());
        let (expected, position) = step.map_or_else(Default::default, Step::texts);
        add.arg(expected).arg(position);
        let channel = notice.map(|_| keys.revocation_notices());
        add.arg(channel.unwrap_or_default()).arg(notice.unwrap_or_default());
        self.store.run("add to the blacklist", self.store.glance(), &add).await
    }

    /// Where in the log the copy ends.
    async fn position(&self) -> Result<Option<i64>> {
        let mut commands = pipe();
        commands.cmd("GET").arg(self.store.keys().blacklist_position());
        let (position,) = self.store.send("look where the blacklist is", self.store.glance(), &commands).await?;
        Ok(position)
    }
}

/// From where to where the copy goes along the log.
struct Step {
    expected: Option<i64>,
    position: i64,
}

impl Step {
    fn texts(&self) -> (String, String) {
        (self.expected.map(|number| number.to_string()).unwrap_or_default(), self.position.to_string())
    }
}

#[async_trait]
impl RevocationNotices for RedisBlacklist {
    async fn next(&self) -> Vec<Revocation> {
        match self.store.next_message().await {
            Some(message) => notice::read(&message),
            None => std::future::pending().await,
        }
    }

    /// The first time the whole log is compared: the position may be that of another log, of which this database was
    /// made anew from a backup.
    async fn catch_up(&self, now: Timestamp) -> Result<()> {
        loop {
            let expected = self.position().await?;
            let is_compared = self.is_compared.load(Ordering::Relaxed);
            let from = expected.filter(|_| is_compared).map_or(RevocationCursor::START, RevocationCursor::after);
            let page = self.log.list_after(from, now, PAGE).await?;
            let step = Step { expected, position: page.next.number() };
            if expected == Some(step.position) && page.revocations.is_empty() {
                return Ok(());
            }
            if self.add(&page.revocations, Some(&step), None).await? {
                self.is_compared.store(true, Ordering::Relaxed);
                if !page.has_more {
                    return Ok(());
                }
            }
        }
    }
}
