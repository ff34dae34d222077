//! One-time tokens in Redis: a key, and an entry in a list of its account, while it can be spent, and afterwards at most the
//! name of that list for a while.
//!
//! A token belongs to the history of the data in which it was written, and only a server that is in that history gives
//! it out. One that starts from an older snapshot, or a replica that takes over before it has heard of everything, begins
//! a new history: what was spent before, and is there again, stays spent (invariant I1). The scripts ask for the
//! history themselves, so that no connection can be mistaken about it.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result};

use crate::RedisStore;
use crate::error::Failure;
use crate::keys::digest_text;

/// How much longer than it is good a token is kept: the clock of the server is not ours.
const MARGIN: Duration = Duration::from_hours(1);

macro_rules! script {
    ($($part:literal),+) => {
        LazyLock::new(|| Script::new(concat!($(include_str!(concat!("one_time_tokens/", $part))),+)))
    };
}

static INSERT: LazyLock<Script> = script!("history.lua", "insert.lua");
static CONSUME: LazyLock<Script> = script!("history.lua", "look.lua", "consume.lua");
static FIND: LazyLock<Script> = script!("history.lua", "look.lua", "find.lua");
static DELETE_FOR: LazyLock<Script> = script!("delete_for.lua");
static DELETE_EXPIRED: LazyLock<Script> = script!("delete_expired.lua");

/// The one-time tokens of a [`RedisStore`].
#[derive(Clone)]
pub struct RedisOneTimeTokens {
    store: RedisStore,
}

impl RedisOneTimeTokens {
    /// The one-time tokens of `store`.
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }

    /// Has one of the two scripts look for a token that is live.
    async fn look(
        &self,
        context: &'static str,
        script: &Script,
        (digest, purpose): (&Digest, OneTimePurpose),
        now: Timestamp,
    ) -> Result<Option<OneTimeToken>> {
        let (keys, digest_text) = (self.store.keys(), digest_text(digest));
        let mut look = script.key(keys.one_time_tokens_for(purpose) + &digest_text);
        look.arg(digest_text).arg(now.unix_micros()).arg(keys.one_time_lists_for(purpose));
        let found: Option<(String, i64)> = self.store.run(context, self.store.patience(), &look).await?;
        let token = found.map(|(user_id, expires_at)| -> Result<_, Failure> {
            let user_id = user_id.parse().map_err(|_| Failure::Corrupt("the account of a one-time token"))?;
            Ok(OneTimeToken { digest: *digest, purpose, user_id, expires_at: Timestamp::from_unix_micros(expires_at) })
        });
        token.transpose().map_err(|failure| failure.into_repository_error(context))
    }
}

#[async_trait]
impl OneTimeTokenRepository for RedisOneTimeTokens {
    /// Accounts are not known here: see [`OwnedOneTimeTokens`](crate::OwnedOneTimeTokens).
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        let (keys, digest, user) = (self.store.keys(), digest_text(&token.digest), token.user_id.to_string());
        let tokens = keys.one_time_tokens_for(token.purpose);
        let mut insert = INSERT.key(format!("{tokens}{digest}"));
        insert.key(keys.one_time_lists_for(token.purpose) + &user).key(keys.all_one_time_lists());
        insert.arg(digest).arg(user).arg(token.expires_at.unix_micros());
        insert.arg(u8::from(earlier == Earlier::Replace)).arg(MARGIN.as_secs() * 1_000).arg(tokens);
        let () = self.store.run("insert a one-time token", self.store.patience(), &insert).await?;
        Ok(KeepOutcome::Kept)
    }

    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.look("consume a one-time token", &CONSUME, (digest, purpose), now).await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.look("find a one-time token", &FIND, (digest, purpose), now).await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        let (keys, mut delete) = (self.store.keys(), DELETE_FOR.prepare_invoke());
        for purpose in purposes {
            delete.key(format!("{}{user_id}", keys.one_time_lists_for(*purpose)));
            delete.arg(keys.one_time_tokens_for(*purpose));
        }
        self.store.run("delete one-time tokens", self.store.patience(), &delete).await
    }

    /// Most of what expires is gone before anybody asks for this: see `insert.lua`.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        let keys = self.store.keys();
        let mut delete = DELETE_EXPIRED.key(keys.all_one_time_lists());
        delete.arg(now.unix_micros()).arg(limit).arg(keys.one_time_lists()).arg(keys.one_time_tokens());
        self.store.run("delete expired one-time tokens", self.store.patience(), &delete).await
    }
}
