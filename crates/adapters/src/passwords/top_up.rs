//! Making cheap work take as long as dear work.
//!
//! How much bcrypt a round of Argon2 or PBKDF2 is worth differs from processor to processor, so that it cannot be counted
//! (requirement A1). It can be timed, and most fairly by what comes next on the same core: small hashes are burnt, one
//! after the other, until so many of them as make a whole hash would have taken the time that has gone by.

use std::time::{Duration, Instant};

use tessera_domain::PlainPassword;

use super::bcrypt_text::burn;
use super::cost::BcryptCost;

/// A whole hash is 2^6 small ones: fine enough to hide among what else varies, coarse enough to be timed.
const FINENESS: u32 = 6;

/// After work that took `spent`, goes on until all of it has taken as long as one hash of cost `target`. Work that was
/// dearer than that shows.
pub(super) fn top_up(password: &PlainPassword, spent: Duration, target: BcryptCost) {
    let small = BcryptCost::new(target.get().saturating_sub(FINENESS)).unwrap_or(BcryptCost::MIN);
    let whole = 1 << (target.get() - small.get());
    let started = Instant::now();
    for burnt in 1..=whole {
        burn(password, small);
        let took = started.elapsed();
        let each = took / burnt;
        // The nearest end: half a step too early as often as half a step too late.
        if spent + took + each / 2 >= each * whole {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bcrypt_text::meter::rounds_of;
    use super::*;

    fn rounds(spent: Duration, target: u32) -> u64 {
        let password = PlainPassword::parse("wrong").expect("valid");
        rounds_of(|| top_up(&password, spent, BcryptCost::new(target).expect("in range")))
    }

    #[test]
    fn no_work_is_topped_up_by_a_whole_hash() {
        assert_eq!(rounds(Duration::ZERO, 4), 1 << 4);
        assert_eq!(rounds(Duration::ZERO, 7), 1 << 7);
        assert_eq!(rounds(Duration::ZERO, 11), 1 << 11);
    }

    #[test]
    fn dear_work_is_topped_up_by_what_it_takes_to_know() {
        assert_eq!(rounds(Duration::from_hours(1), 11), 1 << 5);
        assert_eq!(rounds(Duration::from_hours(1), 4), 1 << 4);
    }

    #[test]
    fn some_work_is_topped_up_by_some() {
        let password = PlainPassword::parse("wrong").expect("valid");
        let target = BcryptCost::new(11).expect("in range");
        // However slow the machine is, half of the time of a whole hash leaves about half of the rounds.
        let started = Instant::now();
        burn(&password, BcryptCost::new(10).expect("in range"));
        let half = rounds(started.elapsed(), 11);
        assert!((1 << 5..1 << 11).contains(&half), "{half} of {}", 1 << target.get());
    }
}
