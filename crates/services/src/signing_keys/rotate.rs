//! Having another key sign.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Algorithm, INSTANCES_APART, KeyId, KeySchedule, SigningKey, Timestamp};
use tessera_repositories::{AppendKeyOutcome, RepositoryError, SigningKeyRepository};

use super::ANNOUNCEMENT;
use crate::Outage;
use crate::ports::{Clock, KeyGenerator, SignError};

/// How often another instance may be faster.
const TRIES: usize = 5;

/// How soon a new key shall sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// When everybody who keeps the key set has asked for it again.
    Announced,
    /// As soon as all instances know it. Services that keep the key set refuse its tokens until they ask again.
    AtOnce,
}

/// The key that takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatedKey {
    /// Its name.
    pub id: KeyId,
    /// When it begins to sign.
    pub active_from: Timestamp,
    /// The name of the key that signs until then.
    pub predecessor: KeyId,
    /// Whether it was made now; otherwise it was waiting.
    pub is_new: bool,
}

/// What changes the signing keys.
pub struct KeyRotation {
    /// Where they are kept.
    pub keys: Arc<dyn SigningKeyRepository>,
    /// What makes new ones.
    pub generator: Arc<dyn KeyGenerator>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What they sign with.
    pub algorithm: Algorithm,
    /// The longest that a token lives.
    pub token_lifetime: Duration,
    /// After how long a key is replaced without being asked for; never if there is none.
    pub rotate_after: Option<Duration>,
}

impl KeyRotation {
    /// The keys, and when it is.
    pub async fn list(&self) -> Result<(KeySchedule, Timestamp), Outage> {
        let keys = self.keys.list(self.algorithm).await?;
        Ok((KeySchedule::of(keys), self.clock.now()))
    }

    /// Has another key sign. If one waits already, it is that one, and begins as soon as `haste` allows. Of any number of
    /// simultaneous calls one makes a key, and the others are told of it.
    pub async fn rotate(&self, haste: Haste) -> Result<RotatedKey, Outage> {
        for _ in 0..TRIES {
            let (schedule, now) = self.list().await?;
            let signing = signing(&schedule, now)?;
            let predecessor = signing.id.clone();
            if let Some(next) = schedule.next(now) {
                let active_from = next.active_from.min(haste.earliest(next.created_at, now));
                if active_from < next.active_from {
                    self.keys.bring_forward(&next.id, active_from).await?;
                    tracing::info!(target: "audit", event = "signing_key_hastened", kid = %next.id, %active_from);
                }
                return Ok(RotatedKey { id: next.id.clone(), active_from, predecessor, is_new: false });
            }
            if let Some(id) = self.append(&schedule, now, haste.earliest(now, now)).await? {
                return Ok(RotatedKey { id, active_from: haste.earliest(now, now), predecessor, is_new: true });
            }
        }
        Err(RepositoryError::transient("rotate the signing key", "others are rotating it, too").into())
    }

    /// Makes a key that signs from `active_from` on, unless another instance has changed the schedule. Returns its name.
    pub(super) async fn append(
        &self,
        schedule: &KeySchedule,
        now: Timestamp,
        active_from: Timestamp,
    ) -> Result<Option<KeyId>, Outage> {
        let made = self.generator.generate(now)?;
        let key = SigningKey { active_from, token_lifetime: self.token_lifetime, ..made };
        match self.keys.append(&key, schedule.newest().map(|newest| newest.id.clone())).await? {
            AppendKeyOutcome::Overtaken => Ok(None),
            AppendKeyOutcome::Appended => {
                tracing::info!(target: "audit", event = "signing_key_made", kid = %key.id, %active_from);
                Ok(Some(key.id))
            }
        }
    }
}

impl Haste {
    /// When a key that is published since then may sign.
    fn earliest(self, published_at: Timestamp, now: Timestamp) -> Timestamp {
        let known_to_us = now.plus(INSTANCES_APART);
        match self {
            Self::Announced => published_at.plus(ANNOUNCEMENT).max(known_to_us),
            Self::AtOnce => known_to_us,
        }
    }
}

/// The key that signs.
pub(super) fn signing(schedule: &KeySchedule, now: Timestamp) -> Result<&SigningKey, SignError> {
    schedule.signing(now).ok_or(SignError("there is no signing key"))
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{DAY, Hand, LIFETIME, id, key, rotation, stored};
    use super::*;
    use crate::fixtures::NOW;

    fn rotated(name: &str, active_from: Timestamp, is_new: bool) -> RotatedKey {
        RotatedKey { id: id(name), active_from, predecessor: id("a"), is_new }
    }

    #[tokio::test]
    async fn a_new_key_waits_until_everybody_knows_it() {
        for (haste, wait) in [(Haste::Announced, ANNOUNCEMENT), (Haste::AtOnce, INSTANCES_APART)] {
            let mut keys = stored(vec![key("a", NOW.minus(DAY))]);
            keys.expect_append()
                .withf(move |key, after| {
                    let times = (key.created_at, key.active_from, key.token_lifetime);
                    times == (NOW, NOW.plus(wait), LIFETIME) && after.as_ref().is_some_and(|id| id.as_str() == "a")
                })
                .times(1)
                .returning(|_, _| Ok(AppendKeyOutcome::Appended));
            let outcome = rotation(keys, Hand::at(NOW)).rotate(haste).await.expect("rotated");
            assert_eq!(outcome, rotated("new", NOW.plus(wait), true));
        }
    }

    #[tokio::test]
    async fn a_key_that_waits_is_the_next_one_and_comes_sooner() {
        let from = NOW.plus(DAY);
        for (published_at, haste, expected) in [
            (NOW, Haste::Announced, NOW.plus(ANNOUNCEMENT)),
            (NOW.minus(ANNOUNCEMENT), Haste::Announced, NOW.plus(INSTANCES_APART)),
            (NOW, Haste::AtOnce, NOW.plus(INSTANCES_APART)),
        ] {
            let next = SigningKey { created_at: published_at, ..key("b", from) };
            let mut keys = stored(vec![key("a", NOW.minus(DAY)), next]);
            keys.expect_bring_forward()
                .withf(move |id, to| id.as_str() == "b" && *to == expected)
                .times(1)
                .returning(|_, _| Ok(true));
            let outcome = rotation(keys, Hand::at(NOW)).rotate(haste).await.expect("rotated");
            assert_eq!(outcome, rotated("b", expected, false));
        }
    }

    #[tokio::test]
    async fn a_key_that_comes_sooner_anyway_is_left_alone() {
        let from = NOW.plus(Duration::from_secs(1));
        let keys = stored(vec![key("a", NOW.minus(DAY)), key("b", from)]);
        let outcome = rotation(keys, Hand::at(NOW)).rotate(Haste::AtOnce).await.expect("rotated");
        assert_eq!(outcome, rotated("b", from, false));
    }

    #[tokio::test]
    async fn who_is_overtaken_is_told_of_the_others_key() {
        let mut keys = MockSigningKeyRepository::new();
        let mut order = Sequence::new();
        let theirs = key("theirs", NOW.plus(Duration::from_secs(9)));
        keys.expect_list().times(1).in_sequence(&mut order).returning(|_| Ok(vec![key("a", NOW.minus(DAY))]));
        keys.expect_append().times(1).in_sequence(&mut order).returning(|_, _| Ok(AppendKeyOutcome::Overtaken));
        keys.expect_list()
            .times(1)
            .in_sequence(&mut order)
            .returning(move |_| Ok(vec![key("a", NOW.minus(DAY)), theirs.clone()]));
        let outcome = rotation(keys, Hand::at(NOW)).rotate(Haste::AtOnce).await.expect("rotated");
        assert_eq!(outcome, rotated("theirs", NOW.plus(Duration::from_secs(9)), false));
    }
}
