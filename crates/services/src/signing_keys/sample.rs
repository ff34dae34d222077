//! What the tests of this module start from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tessera_domain::{Algorithm, KeyId, SealedKey, SigningKey, Timestamp};
use tessera_repositories::MockSigningKeyRepository;

use super::{KeyRing, KeyRotation};
use crate::fixtures::NOW;
use crate::ports::{Clock, KeyHolder, MockKeyGenerator};

pub const DAY: Duration = Duration::from_hours(24);
pub const LIFETIME: Duration = Duration::from_hours(7 * 24);

/// A clock that a test moves.
pub struct Hand(AtomicI64);

impl Hand {
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.unix_micros())))
    }

    pub fn move_to(&self, now: Timestamp) {
        self.0.store(now.unix_micros(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }
}

pub fn id(name: &str) -> KeyId {
    KeyId::parse(name).expect("a name")
}

/// A key that signs from then on.
pub fn key(name: &str, active_from: Timestamp) -> SigningKey {
    SigningKey {
        id: id(name),
        algorithm: Algorithm::Es256,
        public: vec![4; 65],
        private: SealedKey::from_bytes(vec![1]),
        created_at: active_from,
        active_from,
        token_lifetime: LIFETIME,
        retired_at: None,
    }
}

/// One that makes this key, whenever it is asked.
pub fn generator(name: &'static str) -> MockKeyGenerator {
    let mut generator = MockKeyGenerator::new();
    generator.expect_generate().returning(move |now| Ok(key(name, now)));
    generator
}

/// A storage that has these keys.
pub fn stored(keys: Vec<SigningKey>) -> MockSigningKeyRepository {
    let mut stored = MockSigningKeyRepository::new();
    stored.expect_list().returning(move |_| Ok(keys.clone()));
    stored
}

/// Rotation after ninety days, whose new keys are called `new`.
pub fn rotation(keys: MockSigningKeyRepository, clock: Arc<dyn Clock>) -> KeyRotation {
    KeyRotation {
        keys: Arc::new(keys),
        generator: Arc::new(generator("new")),
        clock,
        algorithm: Algorithm::Es256,
        token_lifetime: LIFETIME,
        rotate_after: Some(90 * DAY),
    }
}

/// A ring that has seen `key("a", NOW)` now.
pub fn ring(keys: MockSigningKeyRepository, holder: impl KeyHolder + 'static, clock: Arc<dyn Clock>) -> KeyRing {
    let schedule = tessera_domain::KeySchedule::of(vec![key("a", NOW)]);
    KeyRing::new(Arc::new(keys), Arc::new(holder), clock, Algorithm::Es256, LIFETIME, schedule)
}
