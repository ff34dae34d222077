//! One-time tokens apart from the accounts that they belong to, where whoever spends one looks at its account.
//!
//! A deletion commits in the database, and the tokens here are forgotten after that, if they can be: a token that is made in
//! between, or whose end could not be told, is still there. It is nobody's any longer, so it is not given out. The account is
//! read from the database, not from the cache: what a change evicts from there may come back for a while.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result, UserRepository};

/// A repository of tokens that gives out those of live accounts only.
#[derive(Clone)]
pub struct OwnedOneTimeTokens {
    tokens: Arc<dyn OneTimeTokenRepository>,
    users: Arc<dyn UserRepository>,
}

impl OwnedOneTimeTokens {
    /// `tokens`, whose owners are among `users`.
    pub fn new(tokens: Arc<dyn OneTimeTokenRepository>, users: Arc<dyn UserRepository>) -> Self {
        Self { tokens, users }
    }

    async fn of_live_account(&self, token: Option<OneTimeToken>) -> Result<Option<OneTimeToken>> {
        let Some(token) = token else { return Ok(None) };
        let owner = self.users.find(token.user_id).await?;
        Ok(owner.filter(|owner| owner.is_active).map(|_| token))
    }
}

#[async_trait]
impl OneTimeTokenRepository for OwnedOneTimeTokens {
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        self.tokens.insert(token, earlier).await
    }

    /// The account is looked at after the token is spent: who has just been deleted has no moment left.
    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.of_live_account(self.tokens.consume(digest, purpose, now).await?).await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        self.of_live_account(self.tokens.find(digest, purpose, now).await?).await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        self.tokens.delete_for(user_id, purposes).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.tokens.delete_expired(now, limit).await
    }
}
