//! Which key signs when: what follows from the times that are kept with the keys, and from the clock.
//!
//! No state is ever written, so that there is no moment between two states: instances that read the same keys agree on
//! what each of them is, and change over together without a word.

use crate::{KeyId, SigningKey, Timestamp, last_expiry};

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is published, and does not sign yet.
    Next {
        /// When it begins to sign.
        from: Timestamp,
    },
    /// It signs.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Another key signs in its place; what it signed still counts.
    Retiring {
        /// Since when.
        since: Timestamp,
        /// When the last token that it signed has expired.
        until: Timestamp,
    },
    /// Nothing that it signed counts.
    Retired {
        /// Since when.
        since: Timestamp,
    },
}

impl KeyState {
    /// Its name, as people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next { .. } => "next",
            Self::Active { .. } => "active",
            Self::Retiring { .. } => "retiring",
            Self::Retired { .. } => "retired",
        }
    }
}

/// The keys of one algorithm, in the order in which they sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySchedule(Vec<SigningKey>);

impl KeySchedule {
    /// The schedule of these keys. Two that begin at one moment are ordered by name, so that everybody orders them alike.
    pub fn of(mut keys: Vec<SigningKey>) -> Self {
        keys.sort_by(|a, b| (a.active_from, a.id.as_str()).cmp(&(b.active_from, b.id.as_str())));
        Self(keys)
    }

    /// The keys, the one that signed first first.
    pub fn keys(&self) -> &[SigningKey] {
        &self.0
    }

    /// The key with this name.
    pub fn find(&self, id: &KeyId) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.id == *id)
    }

    /// The key that signs at `now`: the last one that has begun. If none has, as for a clock that is behind the one of
    /// whoever made the first key, then the first.
    pub fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        let begun = self.in_use().filter(|key| key.active_from <= now).last();
        begun.or_else(|| self.in_use().next())
    }

    /// The key that will sign after the one that signs at `now`.
    pub fn next(&self, now: Timestamp) -> Option<&SigningKey> {
        let signing = self.signing(now)?;
        self.in_use().skip_while(|key| key.id != signing.id).nth(1)
    }

    /// The key after which another one is added: the last in the order.
    pub fn newest(&self) -> Option<&SigningKey> {
        self.in_use().last()
    }

    /// What `key`, which is one of these, is at `now`.
    pub fn state(&self, key: &SigningKey, now: Timestamp) -> KeyState {
        if let Some(since) = key.retired_at {
            return KeyState::Retired { since };
        }
        if self.signing(now).is_some_and(|signing| signing.id == key.id) {
            return KeyState::Active { since: key.active_from };
        }
        if key.active_from > now {
            return KeyState::Next { from: key.active_from };
        }
        match self.end_of(key) {
            Some((_, until)) if until <= now => KeyState::Retired { since: until },
            Some((since, until)) => KeyState::Retiring { since, until },
            None => KeyState::Active { since: key.active_from },
        }
    }

    /// From when on nothing that `key` signed counts; none as long as no other follows it.
    pub fn verifies_until(&self, key: &SigningKey) -> Option<Timestamp> {
        key.retired_at.or_else(|| self.end_of(key).map(|(_, until)| until))
    }

    /// When another key takes over from `key`, and when the last token that this one may have signed has expired: an
    /// instance may notice late that it is over, and another may think that it is earlier than it is.
    fn end_of(&self, key: &SigningKey) -> Option<(Timestamp, Timestamp)> {
        let mut later = self.0.iter().skip_while(|other| other.id != key.id).skip(1);
        let since = later.find(|other| has_a_turn(other))?.active_from;
        Some((since, last_expiry(since, key.token_lifetime)))
    }

    fn in_use(&self) -> impl Iterator<Item = &SigningKey> {
        self.0.iter().filter(|key| key.retired_at.is_none())
    }
}

/// Whether a key has signed or will; one that was withdrawn before has not.
fn has_a_turn(key: &SigningKey) -> bool {
    key.retired_at.is_none_or(|at| at > key.active_from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Algorithm, INSTANCES_APART, SealedKey};

    const DAY: Duration = Duration::from_hours(24);
    const START: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn day(number: u32) -> Timestamp {
        START.plus(DAY * number)
    }

    /// A key that signs from that day on tokens that live for a week.
    fn key(name: &str, from: u32) -> SigningKey {
        SigningKey {
            id: KeyId::parse(name).expect("a name"),
            algorithm: Algorithm::Es256,
            public: Vec::new(),
            private: SealedKey::from_bytes(Vec::new()),
            created_at: START,
            active_from: day(from),
            token_lifetime: 7 * DAY,
            retired_at: None,
        }
    }

    fn retired(name: &str, from: u32, at: u32) -> SigningKey {
        SigningKey { retired_at: Some(day(at)), ..key(name, from) }
    }

    fn states(schedule: &KeySchedule, now: Timestamp) -> Vec<(&str, KeyState)> {
        schedule.keys().iter().map(|key| (key.id.as_str(), schedule.state(key, now))).collect()
    }

    #[test]
    fn a_key_goes_through_its_life_as_time_passes() {
        let schedule = KeySchedule::of(vec![key("b", 10), key("a", 0)]);
        let end = day(17).plus(INSTANCES_APART);
        let tick = Duration::from_micros(1);
        let active = |number| KeyState::Active { since: day(number) };
        for (now, expected) in [
            (day(10).minus(tick), [active(0), KeyState::Next { from: day(10) }]),
            (day(10), [KeyState::Retiring { since: day(10), until: end }, active(10)]),
            (end.minus(tick), [KeyState::Retiring { since: day(10), until: end }, active(10)]),
            (end, [KeyState::Retired { since: end }, active(10)]),
        ] {
            assert_eq!(states(&schedule, now), [("a", expected[0]), ("b", expected[1])]);
        }
    }

    #[test]
    fn the_last_one_that_has_begun_signs() {
        let schedule = KeySchedule::of(vec![key("a", 0), key("b", 10), key("c", 20)]);
        let names =
            |now| (schedule.signing(now).map(|key| key.id.as_str()), schedule.next(now).map(|key| key.id.as_str()));
        assert_eq!(names(day(0)), (Some("a"), Some("b")));
        assert_eq!(names(day(19)), (Some("b"), Some("c")));
        assert_eq!(names(day(20)), (Some("c"), None));
    }

    /// The clock of another instance was ahead when it made the first key.
    #[test]
    fn there_is_always_one_that_signs() {
        let schedule = KeySchedule::of(vec![key("a", 1)]);
        assert_eq!(states(&schedule, day(0)), [("a", KeyState::Active { since: day(1) })]);
        assert_eq!(schedule.next(day(0)), None);
        assert_eq!(KeySchedule::default().signing(day(0)), None);
    }

    #[test]
    fn two_that_begin_at_one_moment_are_ordered_by_name() {
        let [one, other] = [vec![key("a", 0), key("b", 0)], vec![key("b", 0), key("a", 0)]].map(KeySchedule::of);
        assert_eq!(one, other);
        assert_eq!(one.signing(day(0)), Some(&key("b", 0)));
    }

    #[test]
    fn one_that_was_retired_signs_nothing_and_verifies_nothing() {
        let schedule = KeySchedule::of(vec![retired("a", 0, 3), key("b", 3)]);
        assert_eq!(schedule.signing(day(1)), Some(&key("b", 3)), "whatever the clock says");
        assert_eq!(states(&schedule, day(4))[0], ("a", KeyState::Retired { since: day(3) }));
        assert_eq!(schedule.verifies_until(&retired("a", 0, 3)), Some(day(3)));
    }

    #[test]
    fn one_that_was_withdrawn_before_its_turn_ends_nobody_elses() {
        let schedule = KeySchedule::of(vec![key("a", 0), retired("b", 10, 5)]);
        assert_eq!(states(&schedule, day(30))[0], ("a", KeyState::Active { since: day(0) }));
        assert_eq!((schedule.verifies_until(&key("a", 0)), schedule.newest()), (None, Some(&key("a", 0))));
    }

    #[test]
    fn one_that_was_retired_in_its_turn_has_ended_the_one_before_it() {
        let schedule = KeySchedule::of(vec![key("a", 0), retired("b", 10, 12), key("c", 12)]);
        assert_eq!(schedule.verifies_until(&key("a", 0)), Some(day(17).plus(INSTANCES_APART)));
    }
}
