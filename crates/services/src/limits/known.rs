//! What was heard of counters, in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tessera_domain::{RateLimitKey, Timestamp};

/// The most keys that are known at once: some megabytes.
const CAPACITY: usize = 50_000;

/// The theoretical arrival time of keys that were used, as it was heard last. Whoever is not known may well have used up
/// everything: they learn of it when they are counted.
#[derive(Debug, Default)]
pub struct KnownArrivals(Mutex<HashMap<RateLimitKey, Timestamp>>);

impl KnownArrivals {
    /// The time of this key, if it is known.
    pub(super) fn of(&self, key: RateLimitKey) -> Option<Timestamp> {
        self.lock().get(&key).copied()
    }

    /// Notes the time of a key. When there is no room, those go whose time has passed, and if none has, this one is not
    /// noted: nobody has another key forgotten.
    pub(super) fn note(&self, key: RateLimitKey, arrival: Timestamp, now: Timestamp) {
        let mut known = self.lock();
        if known.len() >= CAPACITY && !known.contains_key(&key) {
            known.retain(|_, arrival| now < *arrival);
        }
        if known.len() < CAPACITY || known.contains_key(&key) {
            known.insert(key, arrival);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RateLimitKey, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fixtures::NOW;

    fn key(number: usize) -> RateLimitKey {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_le_bytes());
        RateLimitKey::from_digest(digest)
    }

    #[test]
    fn there_is_room_for_so_many_and_for_new_ones_when_their_time_has_passed() {
        let (known, soon) = (KnownArrivals::default(), NOW.plus(Duration::from_secs(1)));
        (0..CAPACITY).for_each(|number| known.note(key(number), soon, NOW));
        known.note(key(CAPACITY), soon, NOW);
        assert_eq!((known.of(key(0)), known.of(key(CAPACITY))), (Some(soon), None));
        known.note(key(0), NOW, NOW);
        assert_eq!(known.of(key(0)), Some(NOW), "what is known is kept up to date");
        known.note(key(CAPACITY), soon, NOW);
        assert_eq!((known.of(key(0)), known.of(key(CAPACITY))), (None, Some(soon)));
    }
}
