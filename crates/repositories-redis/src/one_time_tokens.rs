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
use crate::gathering::{Answers, Gathering};
use crate::keys::digest_text;
use crate::store::told;

/// How much longer than it is good a token is kept: the clock of the server is not ours.
const MARGIN: Duration = Duration::from_hours(1);

macro_rules! script {
    ($($part:literal),+) => {
        LazyLock::new(|| Script::new(concat!($(include_str!(concat!("one_time_tokens/", $part))),+)))
    };
}

static INSERT: LazyLock<Script> = script!("history.lua", "names.lua", "each.lua", "insert.lua");
static CONSUME: LazyLock<Script> = script!("history.lua", "names.lua", "each.lua", "look.lua", "consume.lua");
static FIND: LazyLock<Script> = script!("history.lua", "names.lua", "each.lua", "look.lua", "find.lua");
static DELETE_FOR: LazyLock<Script> = script!("delete_for.lua");
static DELETE_EXPIRED: LazyLock<Script> = script!("delete_expired.lua");

/// The one-time tokens of a [`RedisStore`].
#[derive(Clone)]
pub struct RedisOneTimeTokens {
    store: RedisStore,
    insertions: Gathering<OneTimeToken, ()>,
    uses: Gathering<Look, Option<OneTimeToken>>,
}

/// A token that may be there, and the moment at which it is looked for.
struct Look {
    digest: Digest,
    purpose: OneTimePurpose,
    now: Timestamp,
}

impl RedisOneTimeTokens {
    /// The one-time tokens of `store`.
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone(), insertions: Gathering::new(), uses: Gathering::new() }
    }
}

#[async_trait]
impl OneTimeTokenRepository for RedisOneTimeTokens {
    /// Accounts are not known here: see [`OwnedOneTimeTokens`](crate::OwnedOneTimeTokens).
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        let (store, token) = (self.store.clone(), token.clone());
        let insert = move |tokens: Vec<_>| async move { insert(&store, &tokens, earlier).await };
        let inserting = async {
            match earlier {
                Earlier::Keep => self.insertions.ask(token, insert).await,
                Earlier::Replace => only(insert(vec![token]).await?),
            }
        };
        told("insert a one-time token", inserting).await?;
        Ok(KeepOutcome::Kept)
    }

    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let (store, look) = (self.store.clone(), Look { digest: *digest, purpose, now });
        let consuming = self.uses.ask(look, |looks| async move { run(&store, &CONSUME, &looks).await });
        told("consume a one-time token", consuming).await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let look = Look { digest: *digest, purpose, now };
        told("find a one-time token", async { only(run(&self.store, &FIND, &[look]).await?) }).await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        let (keys, mut delete) = (self.store.keys(), DELETE_FOR.prepare_invoke());
        for purpose in purposes {
            delete.key(keys.one_time_list(*purpose, user_id));
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

async fn insert(store: &RedisStore, tokens: &[OneTimeToken], earlier: Earlier) -> Answers<()> {
    let keys = store.keys();
    let mut insert = INSERT.key(keys.all_one_time_lists());
    insert.arg(MARGIN.as_secs() * 1_000).arg(u8::from(earlier == Earlier::Replace));
    for token in tokens {
        insert.key(keys.one_time_tokens_for(token.purpose) + &digest_text(&token.digest));
        insert.key(keys.one_time_list(token.purpose, token.user_id));
        insert.arg(token.expires_at.unix_micros());
    }
    let told = store.invoke::<Vec<Vec<u8>>>(store.patience(), &insert).await?;
    Ok(told.iter().map(|text| found(text).map(|_| ())).collect())
}

/// Has one of the two scripts look for tokens that are live.
async fn run(store: &RedisStore, script: &Script, looks: &[Look]) -> Answers<Option<OneTimeToken>> {
    let (keys, mut run) = (store.keys(), script.prepare_invoke());
    for Look { digest, purpose, now } in looks {
        run.key(keys.one_time_tokens_for(*purpose) + &digest_text(digest));
        run.arg(now.unix_micros()).arg(keys.one_time_lists_for(*purpose));
    }
    let told = store.invoke::<Vec<Vec<u8>>>(store.patience(), &run).await?;
    Ok(looks.iter().zip(&told).map(|(look, text)| found(text)?.map(|found| look.token(found)).transpose()).collect())
}

impl Look {
    /// The token that was found: its account and its expiry.
    fn token(&self, found: &str) -> Result<OneTimeToken, Failure> {
        let read = || {
            let (user_id, expires_at) = found.split_at_checked(36)?;
            Some((user_id.parse().ok()?, Timestamp::from_unix_micros(expires_at.parse().ok()?)))
        };
        let (user_id, expires_at) = read().ok_or(Failure::Corrupt("a one-time token"))?;
        Ok(OneTimeToken { digest: self.digest, purpose: self.purpose, user_id, expires_at })
    }
}

/// What a script tells of one token: see `each.lua`.
fn found(told: &[u8]) -> Result<Option<&str>, Failure> {
    const STRANGE: Failure = Failure::Corrupt("an answer about a one-time token");
    let told = str::from_utf8(told).map_err(|_| STRANGE)?;
    match (told.strip_prefix('+'), told.strip_prefix('-')) {
        (Some(found), _) => Ok(Some(found)),
        (_, Some(error)) => Err(Failure::said(error)),
        _ if told.is_empty() => Ok(None),
        _ => Err(STRANGE),
    }
}

/// The answer to a question that is asked alone.
fn only<A>(answers: Vec<Result<A, Failure>>) -> Result<A, Failure> {
    answers.into_iter().next().unwrap_or(Err(Failure::Corrupt("an answer to no question")))
}
