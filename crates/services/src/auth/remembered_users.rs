//! Accounts by id, through the cache. The cache is an aid: without it there still is the truth.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{User, UserId};
use tessera_repositories::{UserCache, UserRepository};

use crate::Outage;
use crate::ports::Clock;

/// How long an account is remembered, and how long a change keeps older versions of it out: longer than any request that
/// read one before the change can take to put it.
const REMEMBER: Duration = Duration::from_secs(30);

/// The accounts of a repository, remembered.
#[derive(Clone)]
pub struct RememberedUsers {
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// What remembers them.
    pub cache: Arc<dyn UserCache>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl RememberedUsers {
    /// The account with this id.
    pub async fn find(&self, id: UserId) -> Result<Option<User>, Outage> {
        match self.cache.find(id, self.clock.now()).await {
            Ok(Some(user)) => Ok(Some(user)),
            Ok(None) => self.read_through(id).await,
            Err(error) => {
                tracing::warn!(%error, "the user cache did not answer");
                Ok(self.users.find(id).await?)
            }
        }
    }

    /// Has the cache forget every version of an account before the one that was just written.
    pub async fn forget_before(&self, written: &User) {
        let until = self.clock.now().plus(REMEMBER);
        if let Err(error) = self.cache.evict(written.id, written.updated_at, until).await {
            tracing::warn!(%error, "the user cache did not forget an account");
        }
    }

    async fn read_through(&self, id: UserId) -> Result<Option<User>, Outage> {
        let user = self.users.find(id).await?;
        if let Some(user) = &user
            && let Err(error) = self.cache.put(user, self.clock.now().plus(REMEMBER)).await
        {
            tracing::warn!(%error, "the user cache did not take an account");
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::Timestamp;
    use tessera_repositories::{MockUserCache, MockUserRepository};

    use super::*;
    use crate::fixtures::{NOW, USER, away, clock, user};

    fn remembered(users: MockUserRepository, cache: MockUserCache) -> RememberedUsers {
        RememberedUsers { users: Arc::new(users), cache: Arc::new(cache), clock: clock() }
    }

    #[tokio::test]
    async fn what_was_read_is_remembered_for_a_while() {
        let (mut users, mut cache) = (MockUserRepository::new(), MockUserCache::new());
        cache.expect_find().returning(|_, _| Ok(None));
        users.expect_find().times(1).returning(|_| Ok(Some(user())));
        cache
            .expect_put()
            .withf(|put, until| *put == user() && *until == NOW.plus(REMEMBER))
            .times(1)
            .returning(|_, _| Ok(()));
        assert_eq!(remembered(users, cache).find(USER).await.expect("read"), Some(user()));
    }

    #[tokio::test]
    async fn what_is_remembered_is_not_read_again() {
        let (mut users, mut cache) = (MockUserRepository::new(), MockUserCache::new());
        cache.expect_find().returning(|_, _| Ok(Some(user())));
        users.expect_find().never();
        assert_eq!(remembered(users, cache).find(USER).await.expect("remembered"), Some(user()));
    }

    #[tokio::test]
    async fn without_the_cache_there_still_is_the_truth() {
        let (mut users, mut cache) = (MockUserRepository::new(), MockUserCache::new());
        cache.expect_find().returning(|_, _| Err(away()));
        users.expect_find().times(1).returning(|_| Ok(Some(user())));
        assert_eq!(remembered(users, cache).find(USER).await.expect("read"), Some(user()));
    }

    #[tokio::test]
    async fn an_older_version_stays_out_after_a_change() {
        let written = User { updated_at: Timestamp::from_unix_seconds(7), ..user() };
        let mut cache = MockUserCache::new();
        cache
            .expect_evict()
            .withf(|id, version, until| {
                *id == USER && *version == Timestamp::from_unix_seconds(7) && *until == NOW.plus(REMEMBER)
            })
            .times(1)
            .returning(|_, _, _| Err(away()));
        remembered(MockUserRepository::new(), cache).forget_before(&written).await;
    }
}
