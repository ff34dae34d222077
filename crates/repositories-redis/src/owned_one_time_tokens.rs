//! One-time tokens apart from the accounts that they belong to, where whoever spends one looks at its account.
//!
//! A deletion commits in the database, and the tokens here are forgotten after that, if they can be: a token that is made in
//! between, or whose end could not be told, is still there. It is nobody's any longer, so it is not given out. The account is
//! read from the database, not from the cache: what a change evicts from there may come back for a while. Who was live within
//! the last second is not read again, unless this process has ended an account since: as with a session, the end counts at
//! once where it was made, and a second later elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result, UserRepository};

use crate::live_owners::LiveOwners;

/// A repository of tokens that gives out those of live accounts only.
pub struct OwnedOneTimeTokens {
    tokens: Arc<dyn OneTimeTokenRepository>,
    users: Arc<dyn UserRepository>,
    live: LiveOwners,
}

impl OwnedOneTimeTokens {
    /// `tokens`, whose owners are among `users`.
    pub fn new(tokens: Arc<dyn OneTimeTokenRepository>, users: Arc<dyn UserRepository>) -> Self {
        Self { tokens, users, live: LiveOwners::default() }
    }

    async fn of_live_account(&self, token: Option<OneTimeToken>, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let Some(token) = token else { return Ok(None) };
        let Err(look) = self.live.knows(token.user_id, now) else { return Ok(Some(token)) };
        let owner = self.users.find(token.user_id).await?;
        if !owner.is_some_and(|owner| owner.is_active) {
            return Ok(None);
        }
        self.live.note(token.user_id, look, now);
        Ok(Some(token))
    }
}

#[async_trait]
impl OneTimeTokenRepository for OwnedOneTimeTokens {
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        self.tokens.insert(token, earlier).await
    }

    /// The account is looked at after the token is spent: who has just been deleted has no moment left.
    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.of_live_account(self.tokens.consume(digest, purpose, now).await?, now).await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.of_live_account(self.tokens.find(digest, purpose, now).await?, now).await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        self.live.forget(user_id);
        self.tokens.delete_for(user_id, purposes).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.tokens.delete_expired(now, limit).await
    }
}
