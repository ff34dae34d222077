//! Keys that take over from each other without anybody asking for it, and are forgotten when they are over.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{KeyId, KeySchedule, KeyState, Timestamp};
use tokio::time::MissedTickBehavior;

use super::rotate::KeyRotation;
use super::{ANNOUNCEMENT, KeyRing};
use crate::Outage;

/// How often the keys are read and looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long before its turn the next key is made: also who keeps the key set for longer than it says knows it in time.
const AHEAD: Duration = Duration::from_hours(24);
/// How long a key that is over is kept: the clock of the machine may have been wrong, and an operator may want to see it.
const KEPT: Duration = Duration::from_hours(24);

/// Follows the keys for this process, and sees to it that there is a next one in time.
pub struct KeyKeeper {
    /// What this process knows.
    pub ring: Arc<KeyRing>,
    /// What changes the keys.
    pub rotation: KeyRotation,
}

impl KeyKeeper {
    /// Keeps the keys for as long as the process lives.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_behind = false;
        loop {
            ticks.tick().await;
            let outcome = self.keep().await;
            match &outcome {
                Err(error) if !was_behind => tracing::warn!(%error, "the signing keys cannot be followed"),
                Ok(()) if was_behind => tracing::info!("the signing keys are followed again"),
                _ => {}
            }
            was_behind = outcome.is_err();
        }
    }

    /// Reads the keys, makes the next one if it is time, and forgets those that are over.
    pub async fn keep(&self) -> Result<(), Outage> {
        self.ring.follow().await?;
        if self.rotation.keep_in_order(&self.ring.known()).await? { self.ring.follow().await } else { Ok(()) }
    }
}

impl KeyRotation {
    /// Does what the time asks for. Nothing is asked of the storage when it asks for nothing. Returns whether something
    /// has changed.
    async fn keep_in_order(&self, schedule: &KeySchedule) -> Result<bool, Outage> {
        let now = self.clock.now();
        let mut has_changed = false;
        if let Some(active_from) = self.turn_of_a_new_key(schedule, now) {
            // Whoever was faster has made the key.
            self.append(schedule, now, active_from).await?;
            has_changed = true;
        }
        for id in over(schedule, now) {
            self.keys.delete(id).await?;
            tracing::info!(kid = %id, "forgot a signing key that is over");
            has_changed = true;
        }
        Ok(has_changed)
    }

    /// When a key that is to be made now shall sign; none if there is one, or it is too early.
    fn turn_of_a_new_key(&self, schedule: &KeySchedule, now: Timestamp) -> Option<Timestamp> {
        if schedule.next(now).is_some() {
            return None;
        }
        let turn = schedule.signing(now)?.active_from.plus(self.rotate_after?);
        (now >= turn.minus(AHEAD)).then(|| turn.max(now.plus(ANNOUNCEMENT)))
    }
}

/// The keys that are to be forgotten: from the first one on, since the end of a key follows from the one after it.
fn over(schedule: &KeySchedule, now: Timestamp) -> impl Iterator<Item = &KeyId> {
    let is_over = move |state| matches!(state, KeyState::Retired { since } if now.since(since) > KEPT);
    schedule.keys().iter().take_while(move |key| is_over(schedule.state(key, now))).map(|key| &key.id)
}

#[cfg(test)]
mod tests {
    use tessera_domain::{INSTANCES_APART, SigningKey};
    use tessera_repositories::{AppendKeyOutcome, MockSigningKeyRepository};

    use super::super::sample::{DAY, Hand, LIFETIME, key, rotation};
    use super::*;
    use crate::fixtures::NOW;

    const TICK: Duration = Duration::from_micros(1);

    /// What becomes of these keys at `now`; the storage must not be asked for more than `keys` expects.
    async fn keep(schedule: Vec<SigningKey>, now: Timestamp, keys: MockSigningKeyRepository) -> bool {
        rotation(keys, Hand::at(now)).keep_in_order(&KeySchedule::of(schedule)).await.expect("kept")
    }

    #[tokio::test]
    async fn the_next_key_is_made_a_day_before_its_turn() {
        let turn = NOW.plus(90 * DAY);
        let early = turn.minus(DAY).minus(TICK);
        assert!(!keep(vec![key("a", NOW)], early, MockSigningKeyRepository::new()).await);
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_append()
            .withf(move |key, after| key.active_from == turn && after.as_ref().is_some_and(|id| id.as_str() == "a"))
            .times(1)
            .returning(|_, _| Ok(AppendKeyOutcome::Appended));
        assert!(keep(vec![key("a", NOW)], turn.minus(DAY), keys).await);
    }

    /// As after the service has been off for months: what nobody knows yet does not sign.
    #[tokio::test]
    async fn a_key_that_is_late_is_announced_all_the_same() {
        let late = NOW.plus(200 * DAY);
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_append()
            .withf(move |key, _| key.active_from == late.plus(ANNOUNCEMENT))
            .times(1)
            .returning(|_, _| Ok(AppendKeyOutcome::Overtaken));
        assert!(keep(vec![key("a", NOW)], late, keys).await);
    }

    #[tokio::test]
    async fn one_next_key_is_enough() {
        let keys = vec![key("a", NOW), key("b", NOW.plus(90 * DAY))];
        assert!(!keep(keys, NOW.plus(90 * DAY).minus(TICK), MockSigningKeyRepository::new()).await);
    }

    #[tokio::test]
    async fn nothing_is_made_where_keys_are_rotated_by_hand() {
        let mut rotation = rotation(MockSigningKeyRepository::new(), Hand::at(NOW.plus(900 * DAY)));
        rotation.rotate_after = None;
        assert!(!rotation.keep_in_order(&KeySchedule::of(vec![key("a", NOW)])).await.expect("kept"));
    }

    #[tokio::test]
    async fn a_key_is_forgotten_a_day_after_its_last_token() {
        let since = NOW.plus(10 * DAY);
        let schedule = vec![key("a", NOW), key("b", since)];
        let over = since.plus(LIFETIME + INSTANCES_APART + KEPT);
        assert!(!keep(schedule.clone(), over, MockSigningKeyRepository::new()).await);
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_delete().withf(|id| id.as_str() == "a").times(1).returning(|_| Ok(()));
        assert!(keep(schedule, over.plus(TICK), keys).await);
    }

    /// Otherwise the one before it would live on until the one after it begins.
    #[tokio::test]
    async fn a_key_stays_as_long_as_the_end_of_another_follows_from_it() {
        let retired = SigningKey { retired_at: Some(NOW.plus(DAY)), ..key("b", NOW) };
        let schedule = vec![key("a", NOW.minus(DAY)), retired, key("c", NOW.plus(DAY))];
        assert!(!keep(schedule, NOW.plus(3 * DAY), MockSigningKeyRepository::new()).await);
    }
}
