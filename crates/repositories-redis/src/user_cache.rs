//! A cache of accounts that all instances share: what one of them changes, no other finds any more.
//!
//! An account and the refusal of its older versions are one hash, so that they are lost together. A server that loses
//! both while a reader is on its way may be given an old version once more, for as long as accounts are remembered; no
//! decision about a credential is made from here.

mod account;

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{Script, pipe};
use tessera_domain::{Timestamp, User, UserId};
use tessera_repositories::{Result, UserCache};

use crate::RedisStore;

/// How much longer than it matters something is kept: the clock of the server is not ours.
const MARGIN: Duration = Duration::from_mins(1);

macro_rules! script {
    ($name:literal) => {
        LazyLock::new(|| {
            Script::new(concat!(include_str!("user_cache/keep_until.lua"), include_str!(concat!("user_cache/", $name))))
        })
    };
}

static PUT: LazyLock<Script> = script!("put.lua");
static EVICT: LazyLock<Script> = script!("evict.lua");

/// The cache of accounts of a [`RedisStore`].
#[derive(Clone)]
pub struct RedisUserCache {
    store: RedisStore,
}

impl RedisUserCache {
    /// The cache in `store`.
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl UserCache for RedisUserCache {
    async fn find(&self, id: UserId, now: Timestamp) -> Result<Option<User>> {
        const CONTEXT: &str = "find a cached account";
        let mut commands = pipe();
        commands.cmd("HGETALL").arg(self.store.keys().user(id));
        let (fields,) = self.store.send(CONTEXT, self.store.glance(), &commands).await?;
        account::read(id, &fields, now).map_err(|failure| failure.into_repository_error(CONTEXT))
    }

    async fn put(&self, user: &User, until: Timestamp) -> Result<()> {
        let mut put = PUT.key(self.store.keys().user(user.id));
        put.arg(user.updated_at.unix_micros()).arg(until.unix_micros()).arg(MARGIN.as_secs() * 1_000);
        for (name, value) in account::write(user) {
            put.arg(name).arg(value);
        }
        self.store.run("cache an account", self.store.glance(), &put).await
    }

    async fn evict(&self, id: UserId, version: Timestamp, until: Timestamp) -> Result<()> {
        let mut evict = EVICT.key(self.store.keys().user(id));
        evict.arg(version.unix_micros()).arg(until.unix_micros()).arg(MARGIN.as_secs() * 1_000);
        self.store.run("evict a cached account", self.store.glance(), &evict).await
    }
}
