//! Accounts that were live a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tessera_domain::{Timestamp, UserId};

/// How long an account is taken to be live that was: another instance takes no longer to hear of a logout either.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// The most accounts that are known at once.
const CAPACITY: usize = 10_000;

/// The accounts that this process has just seen to be live, so that a token after the other does not ask the database.
#[derive(Default)]
pub(crate) struct LiveOwners(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    at: HashMap<UserId, Timestamp>,
    ends: u64,
}

/// How many ends this process knew of when it began to look at an account.
#[derive(Clone, Copy)]
pub(crate) struct Look(u64);

impl LiveOwners {
    /// Whether the account was live a moment before `now`. If that is not known, look, and then [say](Self::note) so.
    pub fn knows(&self, id: UserId, now: Timestamp) -> Result<(), Look> {
        let seen = self.lock();
        match seen.at.get(&id) {
            Some(at) if *at <= now && now.since(*at) < BELIEVED_FOR => Ok(()),
            _ => Err(Look(seen.ends)),
        }
    }

    /// Notes that the account was found live by a look that was begun at `now`, unless an end came in between.
    pub fn note(&self, id: UserId, look: Look, now: Timestamp) {
        let mut seen = self.lock();
        if seen.ends != look.0 {
            return;
        }
        if seen.at.len() >= CAPACITY {
            seen.at.retain(|_, at| now.since(*at) < BELIEVED_FOR);
        }
        if seen.at.len() < CAPACITY {
            seen.at.insert(id, now);
        }
    }

    /// Forgets an account that may have ended.
    pub fn forget(&self, id: UserId) {
        let mut seen = self.lock();
        seen.at.remove(&id);
        seen.ends += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

    fn look(owners: &LiveOwners, now: Timestamp) -> Look {
        owners.knows(ANA, now).expect_err("not known")
    }

    #[test]
    fn who_was_live_is_believed_to_be_for_a_moment() {
        let owners = LiveOwners::default();
        owners.note(ANA, look(&owners, NOW), NOW);
        assert!(owners.knows(ANA, NOW).is_ok());
        assert!(owners.knows(ANA, NOW.plus(Duration::from_micros(999_999))).is_ok());
        look(&owners, NOW.plus(BELIEVED_FOR));
        look(&owners, NOW.minus(Duration::from_micros(1)));
    }

    #[test]
    fn an_end_counts_at_once_and_for_those_who_are_looking() {
        let owners = LiveOwners::default();
        owners.note(ANA, look(&owners, NOW), NOW);
        owners.forget(ANA);
        let before = look(&owners, NOW);
        owners.forget(ANA);
        owners.note(ANA, before, NOW);
        look(&owners, NOW);
    }

    #[test]
    fn there_is_room_for_so_many() {
        let owners = LiveOwners::default();
        let id = |number: usize| UserId::from_bytes((number as u128).to_be_bytes());
        for number in 0..=CAPACITY {
            let look = owners.knows(id(number), NOW).expect_err("not known");
            owners.note(id(number), look, NOW);
        }
        assert!(owners.knows(id(CAPACITY - 1), NOW).is_ok());
        assert!(owners.knows(id(CAPACITY), NOW).is_err());
        let later = NOW.plus(BELIEVED_FOR);
        owners.note(ANA, look(&owners, later), later);
        assert!(owners.knows(ANA, later).is_ok());
    }
}
