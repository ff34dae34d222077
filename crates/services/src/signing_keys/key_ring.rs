//! The keys that this process knows.
//!
//! It reads what is stored every second. A key is there for longer than that before it signs, so that whoever reads meets no
//! key that it does not know, and nobody has to ask because of a token. When it has not been able to read for longer than
//! [`MAX_LAG`], what it knows is not believed: it reads before the next token, or says that it cannot (invariant I3).

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tessera_domain::{Algorithm, KeySchedule, KeyState, SigningKey, Timestamp};
use tessera_repositories::{RepositoryError, SigningKeyRepository};
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::timeout;

use crate::Outage;
use crate::ports::{Clock, HeldKeys, KeyHolder};

/// How old what is known may be.
const MAX_LAG: Duration = Duration::from_secs(3);
/// How long after a failure nobody tries again, but for who reads every second anyway.
const REST: Duration = Duration::from_secs(1);
/// How often the storage is read between two regular looks because of names that are not known. More than once, so that a
/// stranger who makes names up seldom has those wait whose token is good.
const LOOKS: u32 = 8;

/// The keys that this process knows, and the one way to know them better.
pub struct KeyRing {
    stored: Arc<dyn SigningKeyRepository>,
    holder: Arc<dyn KeyHolder>,
    clock: Arc<dyn Clock>,
    algorithm: Algorithm,
    token_lifetime: Duration,
    known: RwLock<KeySchedule>,
    /// Whether the holder could open all that is known.
    has_all: AtomicBool,
    /// In microseconds, so that the hot path reads it without a lock.
    read_at: AtomicI64,
    looks_left: AtomicU32,
    /// How many reads have begun. They have numbers, from one on.
    begun: AtomicU64,
    /// The number of the last read that succeeded.
    done: watch::Sender<u64>,
    /// Whether the last read failed.
    is_failing: AtomicBool,
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
        Self {
            stored,
            holder,
            clock,
            algorithm,
            token_lifetime,
            known,
            has_all: AtomicBool::new(true),
            read_at,
            looks_left: AtomicU32::new(LOOKS),
            begun: AtomicU64::new(0),
            done: watch::Sender::new(0),
            is_failing: AtomicBool::new(false),
            reading,
        }
    }

    /// Reads what is stored, if that was not done lately. Only one caller does, and only once a second if it fails.
    pub async fn catch_up(&self, now: Timestamp) -> Result<(), Outage> {
        if self.is_current(now) {
            return Ok(());
        }
        let mut failed_at = self.turn().await?;
        if self.is_current(self.clock.now()) {
            return Ok(());
        }
        self.read(&mut failed_at).await
    }

    /// Sees to it that what is known was read after this call began: because of a token that names a key which is not
    /// known, as it may for a moment when a key was replaced without notice. All who ask at one time share one read. When
    /// too many have asked since the last regular look, it is the next one that is waited for.
    pub async fn look_again(&self) -> Result<(), Outage> {
        let next = self.begun.load(Ordering::Relaxed) + 1;
        let mut failed_at = self.turn().await?;
        if *self.done.borrow() >= next {
            return Ok(());
        }
        if self.take_look() {
            return self.read(&mut failed_at).await;
        }
        drop(failed_at);
        match timeout(MAX_LAG, self.done.subscribe().wait_for(|done| *done >= next)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(RepositoryError::transient("read the signing keys", "it takes too long").into()),
        }
    }

    /// Reads what is stored.
    pub async fn follow(&self) -> Result<(), Outage> {
        let followed = self.read(&mut *self.reading.lock().await).await;
        self.looks_left.store(LOOKS, Ordering::Relaxed);
        followed
    }

    /// The keys that are known.
    pub fn known(&self) -> KeySchedule {
        self.read_known().clone()
    }

    /// Whether this process can use every key that is known.
    pub fn has_all(&self) -> bool {
        self.has_all.load(Ordering::Relaxed)
    }

    /// How long the key that signs has been signing.
    pub fn age_of_signing_key(&self) -> Option<Duration> {
        let now = self.clock.now();
        self.read_known().signing(now).map(|key| now.since(key.active_from))
    }

    /// The turn to read. While reading fails nobody waits for one: who tries, once a second, says what comes of it.
    async fn turn(&self) -> Result<MutexGuard<'_, Option<Timestamp>>, Outage> {
        let failed = || RepositoryError::transient("read the signing keys", "it failed a moment ago").into();
        let failed_at = match self.reading.try_lock() {
            Ok(turn) => turn,
            Err(_) if self.is_failing.load(Ordering::Relaxed) => return Err(failed()),
            Err(_) => self.reading.lock().await,
        };
        if failed_at.is_some_and(|at| self.clock.now().since(at) < REST) { Err(failed()) } else { Ok(failed_at) }
    }

    fn take_look(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.looks_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    fn is_current(&self, now: Timestamp) -> bool {
        now.since(Timestamp::from_unix_micros(self.read_at.load(Ordering::Relaxed))) <= MAX_LAG
    }

    fn read_known(&self) -> RwLockReadGuard<'_, KeySchedule> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, failed_at: &mut Option<Timestamp>) -> Result<(), Outage> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let read = self.read_stored(self.clock.now()).await;
        // A storage that hangs has failed only now.
        *failed_at = read.is_err().then(|| self.clock.now());
        self.is_failing.store(read.is_err(), Ordering::Relaxed);
        if read.is_ok() {
            self.done.send_replace(number);
        }
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
            let held = self.holder.hold(&schedule)?;
            self.has_all.store(held == HeldKeys::All, Ordering::Relaxed);
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
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{Hand, LIFETIME, key, ring, stored};
    use super::*;
    use crate::fixtures::{NOW, away};
    use crate::ports::{MockKeyHolder, SignError};

    const TICK: Duration = Duration::from_micros(1);

    fn holder(times: usize) -> MockKeyHolder {
        let mut holder = MockKeyHolder::new();
        holder.expect_hold().times(times).returning(|_| Ok(HeldKeys::All));
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

    /// The second would otherwise have begun before the first ended.
    #[tokio::test]
    async fn a_storage_that_hangs_is_left_alone_for_a_second_after_it_has_failed() {
        let (clock, late) = (Hand::at(NOW), NOW.plus(MAX_LAG + TICK));
        let failed_at = late.plus(Duration::from_secs(4));
        let (mut stored, hand) = (MockSigningKeyRepository::new(), clock.clone());
        stored.expect_list().times(1).returning(move |_| {
            hand.move_to(failed_at);
            Err(away())
        });
        let ring = ring(stored, holder(0), clock.clone());
        clock.move_to(late);
        for _ in 0..3 {
            assert!(ring.catch_up(late).await.is_err());
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_storage_that_has_failed_and_is_tried_again() {
        let (clock, late) = (Hand::at(NOW), NOW.plus(MAX_LAG + TICK));
        let ring = ring(answers(vec![Err(away()), Ok(one())]), holder(0), clock.clone());
        clock.move_to(late);
        assert!(ring.catch_up(late).await.is_err());
        clock.move_to(late.plus(REST));
        let trying = ring.turn().await.expect("a second is over");
        assert!(ring.catch_up(late.plus(REST)).now_or_never().expect("at once").is_err());
        assert!(ring.look_again().now_or_never().expect("at once").is_err());
        drop(trying);
        assert!(ring.catch_up(late.plus(REST)).await.is_ok());
    }

    #[tokio::test]
    async fn those_who_look_again_at_one_time_share_one_read() {
        let ring = ring(answers(vec![Ok(two())]), holder(1), Hand::at(NOW));
        let under_way = ring.turn().await.expect("free");
        let looks: Vec<_> = (0..100).map(|_| Box::pin(ring.look_again())).collect();
        let mut looks = join_all(looks);
        assert!((&mut looks).now_or_never().is_none(), "they wait");
        drop(under_way);
        assert!(looks.await.into_iter().all(|look| look.is_ok()));
        assert_eq!(ring.known().keys(), two());
    }

    #[tokio::test]
    async fn who_looks_once_too_often_waits_for_the_next_regular_look() {
        let reads = (0..LOOKS).map(|_| Ok(one())).chain([Ok(two()), Ok(two())]).collect();
        let ring = ring(answers(reads), holder(1), Hand::at(NOW));
        for _ in 0..LOOKS {
            ring.look_again().await.expect("read");
        }
        let mut waits = Box::pin(ring.look_again());
        assert!((&mut waits).now_or_never().is_none());
        ring.follow().await.expect("read");
        assert!(waits.await.is_ok());
        assert_eq!(ring.known().keys(), two());
        ring.look_again().await.expect("read at once again");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_look_that_never_comes_is_not_refused() {
        let ring = ring(answers((0..LOOKS).map(|_| Ok(one())).collect()), holder(0), Hand::at(NOW));
        for _ in 0..LOOKS {
            ring.look_again().await.expect("read");
        }
        let outage = ring.look_again().await.expect_err("it is not known");
        assert_eq!(outage.kind(), tessera_domain::ErrorKind::Unavailable);
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
        holder.expect_hold().times(1).returning(|_| Ok(HeldKeys::All));
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
