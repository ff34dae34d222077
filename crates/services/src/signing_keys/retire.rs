//! Ending a key ahead of its time, as when somebody else has got hold of it.

use tessera_domain::{KeyId, KeyState};
use tessera_repositories::RetireKeyOutcome;

use super::KeyRotation;
use crate::Outage;

/// A key that signs and verifies nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// What it was.
    pub was: KeyState,
    /// The key that signs.
    pub signing: KeyId,
}

/// Why a key stays what it is.
#[derive(Debug, thiserror::Error)]
pub enum RetireKeyError {
    /// There is none with this name.
    #[error("there is no signing key {0}")]
    Unknown(KeyId),
    /// It was retired before.
    #[error("the signing key {0} is retired already")]
    Retired(KeyId),
    /// It signs, and there must be one that does.
    #[error("{0} is the key that signs")]
    Signing(KeyId),
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl KeyRotation {
    /// Retires a key that does not sign. Instances refuse what it signed from the next second on.
    pub async fn retire(&self, id: &KeyId) -> Result<RetiredKey, RetireKeyError> {
        let (schedule, now) = self.list().await?;
        let key = schedule.find(id).ok_or_else(|| RetireKeyError::Unknown(id.clone()))?;
        match self.keys.retire(id, now).await.map_err(Outage::from)? {
            RetireKeyOutcome::Unknown => Err(RetireKeyError::Retired(id.clone())),
            RetireKeyOutcome::Signing => Err(RetireKeyError::Signing(id.clone())),
            RetireKeyOutcome::Retired => {
                tracing::info!(target: "audit", event = "signing_key_retired", kid = %id);
                let signing = super::rotate::signing(&schedule, now).map_err(Outage::from)?.id.clone();
                Ok(RetiredKey { was: schedule.state(key, now), signing })
            }
        }
    }

    /// Retires a key, also the one that signs: another signs in its place from this moment on. First the other one is
    /// there, and then this one goes: a crash in between leaves a rotation, and the call can be repeated.
    pub async fn replace(&self, id: &KeyId) -> Result<RetiredKey, RetireKeyError> {
        let (schedule, now) = self.list().await?;
        let signing = super::rotate::signing(&schedule, now).map_err(Outage::from)?;
        if signing.id != *id {
            return self.retire(id).await;
        }
        match schedule.next(now) {
            Some(next) => drop(self.keys.bring_forward(&next.id, now).await.map_err(Outage::from)?),
            // If another instance is faster, its key waits, and this one still signs: that is told below.
            None => drop(self.append(&schedule, now, now).await?),
        }
        let was = schedule.state(signing, now);
        self.retire(id).await.map(|retired| RetiredKey { was, ..retired })
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use tessera_domain::SigningKey;
    use tessera_repositories::{AppendKeyOutcome, MockSigningKeyRepository};

    use super::super::sample::{DAY, Hand, id, key, rotation, stored};
    use super::*;
    use crate::fixtures::NOW;

    #[tokio::test]
    async fn a_key_that_does_not_sign_is_retired() {
        for (name, was) in [
            (
                "old",
                KeyState::Retiring {
                    since: NOW.minus(DAY),
                    until: NOW.plus(6 * DAY).plus(tessera_domain::INSTANCES_APART),
                },
            ),
            ("next", KeyState::Next { from: NOW.plus(DAY) }),
        ] {
            let mut keys =
                stored(vec![key("old", NOW.minus(2 * DAY)), key("a", NOW.minus(DAY)), key("next", NOW.plus(DAY))]);
            keys.expect_retire()
                .withf(move |id, at| id.as_str() == name && *at == NOW)
                .returning(|_, _| Ok(RetireKeyOutcome::Retired));
            let retired = rotation(keys, Hand::at(NOW)).retire(&id(name)).await.expect("retired");
            assert_eq!(retired, RetiredKey { was, signing: id("a") });
        }
    }

    #[tokio::test]
    async fn each_refusal_says_why() {
        for (outcome, expected) in [
            (RetireKeyOutcome::Signing, "a is the key that signs"),
            (RetireKeyOutcome::Unknown, "the signing key a is retired already"),
        ] {
            let mut keys = stored(vec![key("a", NOW)]);
            keys.expect_retire().returning(move |_, _| Ok(outcome));
            let refused = rotation(keys, Hand::at(NOW)).retire(&id("a")).await.expect_err("refused");
            assert_eq!(refused.to_string(), expected);
        }
        let refused = rotation(stored(vec![key("a", NOW)]), Hand::at(NOW)).retire(&id("b")).await;
        assert_eq!(refused.expect_err("refused").to_string(), "there is no signing key b");
    }

    /// A storage in which the key that signs is `a`, and after one step a new one.
    fn replaced_in_order(before: Vec<SigningKey>, after: SigningKey, order: &mut Sequence) -> MockSigningKeyRepository {
        let mut keys = MockSigningKeyRepository::new();
        let changed = vec![key("a", NOW.minus(DAY)), after];
        keys.expect_list().times(1).in_sequence(order).returning(move |_| Ok(before.clone()));
        keys.expect_append().times(0..=1).returning(|_, _| Ok(AppendKeyOutcome::Appended));
        keys.expect_bring_forward().times(0..=1).withf(|_, to| *to == NOW).returning(|_, _| Ok(true));
        keys.expect_list().times(1).in_sequence(order).returning(move |_| Ok(changed.clone()));
        keys.expect_retire().times(1).in_sequence(order).returning(|_, _| Ok(RetireKeyOutcome::Retired));
        keys
    }

    #[tokio::test]
    async fn the_key_that_signs_goes_when_another_signs_in_its_place() {
        let only = vec![key("a", NOW.minus(DAY))];
        let with_next = vec![key("a", NOW.minus(DAY)), key("new", NOW.plus(DAY))];
        for before in [only, with_next] {
            let keys = replaced_in_order(before, key("new", NOW), &mut Sequence::new());
            let retired = rotation(keys, Hand::at(NOW)).replace(&id("a")).await.expect("replaced");
            let was = KeyState::Active { since: NOW.minus(DAY) };
            assert_eq!(retired, RetiredKey { was, signing: id("new") });
        }
    }
}
