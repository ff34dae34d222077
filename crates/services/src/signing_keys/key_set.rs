//! The key set, as others are shown it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{KEY_SET_MAX_AGE, KeyRing};
use crate::ports::{Clock, PublicKey, PublicKeys};

/// How long the key set waits for the storage. It is shown without, too (invariant I6).
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows others what to verify our tokens with (RFC 7517, section 5).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait KeySetService: Send + Sync {
    /// The public keys of now.
    async fn published(&self) -> KeySet;
}

/// Public keys, and how long they may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    /// Every key that a token in use may be signed with, and the next one.
    pub keys: Vec<PublicKey>,
    /// For so long no token is signed with a key that is not among them.
    pub max_age: Duration,
}

/// The implementation of [`KeySetService`].
pub struct PublishedKeySet {
    /// The keys that this process has.
    pub keys: Arc<dyn PublicKeys>,
    /// What knows whether those are all, where they change.
    pub ring: Option<Arc<KeyRing>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl KeySetService for PublishedKeySet {
    async fn published(&self) -> KeySet {
        let max_age = if self.is_complete().await { KEY_SET_MAX_AGE } else { Duration::ZERO };
        KeySet { keys: self.keys.published(), max_age }
    }
}

impl PublishedKeySet {
    async fn is_complete(&self) -> bool {
        let Some(ring) = &self.ring else { return true };
        let caught_up = tokio::time::timeout(PATIENCE, ring.catch_up(self.clock.now())).await;
        matches!(caught_up, Ok(Ok(()))) && ring.has_all()
    }
}

#[cfg(test)]
mod tests {
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{DAY, Hand, key, ring, stored};
    use super::*;
    use crate::fixtures::{NOW, away};
    use crate::ports::{HeldKeys, MockKeyHolder, MockPublicKeys};

    fn key_set(stored: MockSigningKeyRepository, clock: Arc<Hand>) -> PublishedKeySet {
        let mut keys = MockPublicKeys::new();
        keys.expect_published().returning(Vec::new);
        let ring = ring(stored, MockKeyHolder::new(), clock.clone());
        PublishedKeySet { keys: Arc::new(keys), ring: Some(Arc::new(ring)), clock }
    }

    #[tokio::test]
    async fn what_is_complete_may_be_kept_for_as_long_as_a_key_waits() {
        let set = key_set(MockSigningKeyRepository::new(), Hand::at(NOW)).published().await;
        assert_eq!(set.max_age, KEY_SET_MAX_AGE);
    }

    /// Another instance may sign with it.
    #[tokio::test]
    async fn what_lacks_a_key_that_does_not_open_is_shown_and_not_kept() {
        for (held, max_age) in [(HeldKeys::Some, Duration::ZERO), (HeldKeys::All, KEY_SET_MAX_AGE)] {
            let mut holder = MockKeyHolder::new();
            holder.expect_hold().times(1).returning(move |_| Ok(held));
            let keys = stored(vec![key("a", NOW), key("b", NOW.plus(DAY))]);
            let ring = Arc::new(ring(keys, holder, Hand::at(NOW)));
            ring.follow().await.expect("read");
            let mut keys = MockPublicKeys::new();
            keys.expect_published().returning(Vec::new);
            let set = PublishedKeySet { keys: Arc::new(keys), ring: Some(ring), clock: Hand::at(NOW) };
            assert_eq!(set.published().await.max_age, max_age);
        }
    }

    #[tokio::test]
    async fn what_may_lack_a_key_is_shown_and_not_kept() {
        let mut stored = MockSigningKeyRepository::new();
        stored.expect_list().times(1).returning(|_| Err(away()));
        let clock = Hand::at(NOW);
        let set = key_set(stored, clock.clone());
        clock.move_to(NOW.plus(Duration::from_mins(1)));
        assert_eq!(set.published().await.max_age, Duration::ZERO);
    }
}
