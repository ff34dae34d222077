//! One-time tokens in the memory of this process: quick, gone with the process, and unknown to any other instance.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result};

/// The bytes of a digest and a purpose: the same digest may serve two.
type Key = ([u8; 32], OneTimePurpose);

/// A repository that is one table behind one lock. Whoever holds the lock is alone, so that each method is the one step
/// that the port promises it to be.
#[derive(Default)]
pub struct MemoryOneTimeTokens(Mutex<HashMap<Key, OneTimeToken>>);

impl MemoryOneTimeTokens {
    fn table(&self) -> MutexGuard<'_, HashMap<Key, OneTimeToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(digest: &Digest, purpose: OneTimePurpose) -> Key {
    (*digest.as_bytes(), purpose)
}

#[async_trait]
impl OneTimeTokenRepository for MemoryOneTimeTokens {
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        let mut table = self.table();
        if earlier == Earlier::Replace {
            table.retain(|_, kept| kept.user_id != token.user_id || kept.purpose != token.purpose);
        }
        table.insert(key(&token.digest, token.purpose), token.clone());
        Ok(KeepOutcome::Kept)
    }

    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let (mut table, key) = (self.table(), key(digest, purpose));
        let is_live = table.get(&key).is_some_and(|token| token.is_live(now));
        Ok(if is_live { table.remove(&key) } else { None })
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        Ok(self.table().get(&key(digest, purpose)).filter(|token| token.is_live(now)).cloned())
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        self.table().retain(|_, token| token.user_id != user_id || !purposes.contains(&token.purpose));
        Ok(())
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        let mut deleted = 0;
        self.table().retain(|_, token| {
            let is_kept = token.is_live(now) || deleted == limit;
            deleted += u32::from(!is_kept);
            is_kept
        });
        Ok(deleted)
    }
}
