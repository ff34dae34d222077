//! A cache of accounts, in memory. Another process has its own: what it changes is seen here when the time of what is
//! remembered is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use quick_cache::sync::Cache;
use tessera_domain::{Timestamp, User, UserId};
use tessera_repositories::{Result, UserCache};

/// The most accounts that are kept, and the most refusals: some megabytes.
const CAPACITY: usize = 10_000;

/// A bounded cache of accounts within this process.
///
/// What was evicted leaves a refusal of its older versions behind. Refusals are kept apart from the accounts, so that
/// no crowd of accounts can push one out before its time. Writers take turns on one lock; a reader takes none of it.
pub struct MemoryUserCache {
    accounts: Cache<UserId, Arc<Kept>>,
    refusals: Mutex<Refusals>,
}

struct Kept {
    user: User,
    until: Timestamp,
}

#[derive(Default)]
struct Refusals {
    by_account: HashMap<UserId, Refusal>,
    /// Until when every account is refused, because one refusal found no place.
    all_until: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Refusal {
    before: Timestamp,
    until: Timestamp,
}

impl MemoryUserCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self { accounts: Cache::new(CAPACITY), refusals: Mutex::default() }
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryUserCache {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl UserCache for MemoryUserCache {
    async fn find(&self, id: UserId, now: Timestamp) -> Result<Option<User>> {
        let kept = self.accounts.get(&id).filter(|kept| now < kept.until);
        Ok(kept.map(|kept| kept.user.clone()))
    }

    async fn put(&self, user: &User, until: Timestamp) -> Result<()> {
        let refusals = self.refusals();
        let newer_is_here = self.accounts.peek(&user.id).is_some_and(|kept| user.updated_at < kept.user.updated_at);
        if !newer_is_here && !refusals.refuse(user.id, user.updated_at) {
            self.accounts.insert(user.id, Arc::new(Kept { user: user.clone(), until }));
        }
        Ok(())
    }

    async fn evict(&self, id: UserId, version: Timestamp, until: Timestamp) -> Result<()> {
        let mut refusals = self.refusals();
        refusals.add(id, Refusal { before: version, until });
        self.accounts.remove_if(&id, |kept| kept.user.updated_at < version);
        Ok(())
    }
}

impl Refusals {
    fn refuse(&self, id: UserId, version: Timestamp) -> bool {
        let own = self.by_account.get(&id);
        self.all_until.is_some() || own.is_some_and(|refusal| version < refusal.before)
    }

    /// Versions are moments of change, so the version of the newest change is as good as a clock for clearing away
    /// refusals whose time is over. A table that is full all the same keeps nothing new, instead of forgetting
    /// something: the truth is in the database anyway.
    fn add(&mut self, id: UserId, new: Refusal) {
        if self.all_until.is_some_and(|until| until <= new.before) {
            self.all_until = None;
        }
        if self.by_account.len() >= CAPACITY {
            self.by_account.retain(|_, refusal| new.before < refusal.until);
        }
        if let Some(old) = self.by_account.get_mut(&id) {
            *old = Refusal { before: old.before.max(new.before), until: old.until.max(new.until) };
        } else if self.by_account.len() < CAPACITY {
            self.by_account.insert(id, new);
        } else {
            self.all_until = self.all_until.max(Some(new.until));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> UserId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        UserId::from_bytes(bytes)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn refused(refusals: &Refusals, number: usize, version: i64) -> bool {
        refusals.refuse(id(number), at(version))
    }

    #[test]
    fn a_full_table_refuses_everybody_until_there_is_room() {
        let mut refusals = Refusals::default();
        for number in 0..=CAPACITY {
            refusals.add(id(number), Refusal { before: at(100), until: at(110) });
        }
        assert_eq!(refusals.by_account.len(), CAPACITY);
        assert!(refused(&refusals, CAPACITY, 99), "the one that found no place");
        assert!(refused(&refusals, CAPACITY + 1, 999), "and everybody else");

        refusals.add(id(0), Refusal { before: at(110), until: at(120) });
        assert_eq!(refusals.by_account.len(), 1, "those whose time was over made room");
        assert!(!refused(&refusals, CAPACITY + 1, 99));
        assert!(refused(&refusals, 0, 109) && !refused(&refusals, 0, 110));
    }
}
