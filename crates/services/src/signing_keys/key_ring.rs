//! The keys that this process knows.
//!
//! It reads what is stored every second. A key is there for longer than that before it signs, so that whoever reads meets no
//! key that it does not know, and nobody has to ask because of a token. When it has not been able to read for longer than
//! [`MAX_LAG`], what it knows is not believed: it reads before the next token, or says that it cannot (invariant I3).

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tessera_domain::{Algorithm, KeySchedule, KeyState, SigningKey, Timestamp};
use tessera_repositories::{RepositoryError, SigningKeyRepository};
use tokio::sync::Mutex;

use crate::Outage;
use crate::ports::{Clock, KeyHolder};

/// How old what is known may be.
const MAX_LAG: Duration = Duration::from_secs(3);
/// How long after a failure nobody tries again, but for who reads every second anyway.
const REST: Duration = Duration::from_secs(1);

/// The keys that this process knows, and the one way to know them better.
pub struct KeyRing {
    stored: Arc<dyn SigningKeyRepository>,
    holder: Arc<dyn KeyHolder>,
    clock: Arc<dyn Clock>,
    algorithm: Algorithm,
    token_lifetime: Duration,
    known: RwLock<KeySchedule>,
    /// In microseconds, so that the hot path reads it without a lock.
    read_at: AtomicI64,
    may_look_again: AtomicBool,
    /// When reading failed last. Who holds it reads: an older look never comes after a newer one.
    reading: Mutex<Option<Timestamp>>,
}

impl KeyRing {
    /// A ring of the keys that were stored a moment ago, and that `holder` has. Tokens are signed for `token_lifetime` at
    /// the longest.
    pub fn new(
        stored: Arc<dyn SigningKeyRepository>,
        holder: Arc<dyn KeyHolder>,
        clock: Arc<dyn Clock>,
        algorithm: Algorithm,
        token_lifetime: Duration,
        known: KeySchedule,
    ) -> Self {
        let read_at = AtomicI64::new(clock.now().unix_micros());
        let (known, reading) = (RwLock::new(known), Mutex::new(None));
        let may_look_again = AtomicBool::new(true);
        Self { stored, holder, clock, algorithm, token_lifetime, known, read_at, may_look_again, reading }
    }

    /// Reads what is stored, if that was not done lately. Only one caller does, and only once a second if it fails.
    pub async fn catch_up(&self, now: Timestamp) -> Result<(), Outage> {
        if self.is_current(now) {
            return Ok(());
        }
        let mut failed_at = self.reading.lock().await;
        let now = self.clock.now();
        if self.is_current(now) {
            return Ok(());
        }
        if failed_at.is_some_and(|at| now.since(at) < REST) {
            return Err(RepositoryError::transient("read the signing keys", "it failed a moment ago").into());
        }
        self.read(&mut failed_at).await
    }

    /// Reads what is stored because of a token that names a key which is not known, as it may for a moment when a key was
    /// replaced without notice. However many such tokens come, it is done once between two regular looks. Returns
    /// whether it was.
    pub async fn look_again(&self) -> Result<bool, Outage> {
        if !self.may_look_again.swap(false, Ordering::Relaxed) {
            return Ok(false);
        }
        self.read(&mut *self.reading.lock().await).await.map(|()| true)
    }

    /// Reads what is stored.
    pub async fn follow(&self) -> Result<(), Outage> {
        let followed = self.read(&mut *self.reading.lock().await).await;
        self.may_look_again.store(true, Ordering::Relaxed);
        followed
    }

    /// The keys that are known.
    pub fn known(&self) -> KeySchedule {
        self.read_known().clone()
    }

    /// How long the key that signs has been signing.
    pub fn age_of_signing_key(&self) -> Option<Duration> {
        let now = self.clock.now();
        self.read_known().signing(now).map(|key| now.since(key.active_from))
    }

    fn is_current(&self, now: Timestamp) -> bool {
        now.since(Timestamp::from_unix_micros(self.read_at.load(Ordering::Relaxed))) <= MAX_LAG
    }

    fn read_known(&self) -> RwLockReadGuard<'_, KeySchedule> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, failed_at: &mut Option<Timestamp>) -> Result<(), Outage> {
        let started_at = self.clock.now();
        let read = self.read_stored(started_at).await;
        *failed_at = read.is_err().then_some(started_at);
        read
    }

    async fn read_stored(&self, now: Timestamp) -> Result<(), Outage> {
        let mut schedule = KeySchedule::of(self.stored.list(self.algorithm).await?);
        let short = |key: &&SigningKey| key.token_lifetime < self.token_lifetime && signs_at_last(&schedule, key, now);
        let short: Vec<_> = schedule.keys().iter().filter(short).map(|key| key.id.clone()).collect();
        if !short.is_empty() {
            for id in &short {
                self.stored.extend(id, self.token_lifetime).await?;
            }
            schedule = KeySchedule::of(self.stored.list(self.algorithm).await?);
        }
        if *self.read_known() != schedule {
            self.holder.hold(&schedule)?;
            tracing::info!(keys = schedule.keys().len(), "the signing keys have changed");
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = schedule;
        }
        self.read_at.fetch_max(now.unix_micros(), Ordering::Relaxed);
        Ok(())
    }
}

/// Whether tokens may yet be signed with a key.
fn signs_at_last(schedule: &KeySchedule, key: &SigningKey, now: Timestamp) -> bool {
    matches!(schedule.state(key, now), KeyState::Next { .. } | KeyState::Active { .. })
}

#[cfg(test)]
mod tests {
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{Hand, LIFETIME, key, ring, stored};
    use super::*;
    use crate::fixtures::{NOW, away};
    use crate::ports::{MockKeyHolder, SignError};

    const TICK: Duration = Duration::from_micros(1);

    fn holder(times: usize) -> MockKeyHolder {
        let mut holder = MockKeyHolder::new();
        holder.expect_hold().times(times).returning(|_| Ok(()));
        holder
    }

    /// Answers these, in this order, and is asked no more.
    fn answers(list: Vec<tessera_repositories::Result<Vec<SigningKey>>>) -> MockSigningKeyRepository {
        let mut stored = MockSigningKeyRepository::new();
        let times = list.len();
        let mut list = list.into_iter();
        stored.expect_list().times(times).returning(move |_| list.next().expect("no more is asked"));
        stored
    }

    fn one() -> Vec<SigningKey> {
        vec![key("a", NOW)]
    }

    fn two() -> Vec<SigningKey> {
        vec![key("a", NOW), key("b", NOW.plus(LIFETIME))]
    }

    #[tokio::test]
    async fn what_was_read_lately_is_believed() {
        let ring = ring(answers(vec![]), holder(0), Hand::at(NOW));
        assert!(ring.catch_up(NOW.plus(MAX_LAG)).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_old_is_read_once_before_it_is_used() {
        let clock = Hand::at(NOW);
        let ring = ring(answers(vec![Ok(two())]), holder(1), clock.clone());
        let late = NOW.plus(MAX_LAG + TICK);
        clock.move_to(late);
        for _ in 0..3 {
            assert!(ring.catch_up(late).await.is_ok());
        }
        assert_eq!(ring.known().keys(), two());
    }

    #[tokio::test]
    async fn a_storage_that_is_away_is_asked_once_a_second_and_nothing_is_guessed() {
        let clock = Hand::at(NOW);
        let ring = ring(answers(vec![Err(away()), Ok(one())]), holder(0), clock.clone());
        let late = NOW.plus(MAX_LAG + TICK);
        clock.move_to(late);
        for _ in 0..3 {
            let outage = ring.catch_up(late).await.expect_err("unknown");
            assert_eq!(outage.kind(), tessera_domain::ErrorKind::Unavailable);
        }
        clock.move_to(late.plus(REST));
        assert!(ring.catch_up(late.plus(REST)).await.is_ok());
    }

    #[tokio::test]
    async fn unknown_names_are_looked_up_once_between_two_looks() {
        let ring = ring(answers(vec![Ok(one()), Ok(one()), Ok(two())]), holder(1), Hand::at(NOW));
        let mut looked = Vec::new();
        for _ in 0..3 {
            looked.push(ring.look_again().await.expect("read"));
        }
        ring.follow().await.expect("read");
        looked.push(ring.look_again().await.expect("read"));
        assert_eq!(looked, [true, false, false, true]);
    }

    #[tokio::test]
    async fn keys_that_do_not_change_are_not_opened_again() {
        let ring = ring(answers(vec![Ok(one()), Ok(two()), Ok(two())]), holder(1), Hand::at(NOW));
        for _ in 0..3 {
            ring.follow().await.expect("read");
        }
    }

    /// Otherwise they would be known from then on, and never be tried again.
    #[tokio::test]
    async fn keys_that_cannot_be_used_are_tried_again() {
        let mut holder = MockKeyHolder::new();
        holder.expect_hold().times(1).returning(|_| Err(SignError("broken")));
        holder.expect_hold().times(1).returning(|_| Ok(()));
        let ring = ring(answers(vec![Ok(two()), Ok(two())]), holder, Hand::at(NOW));
        assert!(ring.follow().await.is_err());
        assert_eq!(ring.known().keys(), one());
        assert!(ring.follow().await.is_ok());
        assert_eq!(ring.known().keys(), two());
    }

    /// Not of one that is retiring: it signs nothing any more.
    #[tokio::test]
    async fn who_signs_for_longer_says_so_of_the_keys_that_may_yet_sign() {
        let short = Duration::from_hours(1);
        let all = ["old", "active", "next"].into_iter().zip([NOW.minus(LIFETIME), NOW, NOW.plus(LIFETIME)]);
        let keys: Vec<_> = all.map(|(name, from)| SigningKey { token_lifetime: short, ..key(name, from) }).collect();
        let mut stored = stored(keys);
        for name in ["active", "next"] {
            stored
                .expect_extend()
                .withf(move |id, lifetime| id.as_str() == name && *lifetime == LIFETIME)
                .times(1)
                .returning(|_, _| Ok(()));
        }
        let ring = ring(stored, holder(1), Hand::at(NOW));
        ring.follow().await.expect("read");
    }

    #[tokio::test]
    async fn the_age_of_the_key_that_signs_is_known() {
        let clock = Hand::at(NOW);
        let ring = ring(answers(vec![]), holder(0), clock.clone());
        clock.move_to(NOW.plus(LIFETIME));
        assert_eq!(ring.age_of_signing_key(), Some(LIFETIME));
    }
}
