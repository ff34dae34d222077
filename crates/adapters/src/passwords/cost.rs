//! How much work a hash is.

use std::time::Duration;

/// The cost of a bcrypt hash: each step doubles the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BcryptCost(u32);

/// A cost that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from {} to {}", BcryptCost::MIN.get(), BcryptCost::MAX.get())]
pub struct CostOutOfRange;

impl BcryptCost {
    /// The least that bcrypt knows. It is for tests.
    pub const MIN: Self = Self(4);
    /// The most that is ever computed, about three seconds: a request has to end within five, and a stored hash that
    /// claims cost 31 would keep a thread busy for two days.
    pub const MAX: Self = Self(15);
    /// What new installations use (requirement A3).
    pub const DEFAULT: Self = Self(12);

    /// A cost from [`BcryptCost::MIN`] to [`BcryptCost::MAX`].
    pub fn new(cost: u32) -> Result<Self, CostOutOfRange> {
        if (Self::MIN.0..=Self::MAX.0).contains(&cost) { Ok(Self(cost)) } else { Err(CostOutOfRange) }
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How long one hash may take, before any has been timed. 75 µs for each of the 2^cost rounds is a slow core; a few
    /// hashes later the estimate is the measured average.
    pub(super) fn first_estimate(self) -> Duration {
        Duration::from_micros(75 << self.0)
    }

    /// The costs whose hashes, together with one of cost `self`, are as much work as one of cost `target`: a hash is
    /// 2^cost rounds, and 2^a + (2^a + 2^(a+1) + … + 2^(b-1)) is 2^b. None if `self` is as dear already.
    pub(super) fn up_to(self, target: Self) -> impl Iterator<Item = Self> {
        (self.0..target.0).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded() {
        for outside in [0, 3, 16, 31, u32::MAX] {
            assert_eq!(BcryptCost::new(outside), Err(CostOutOfRange), "{outside}");
        }
        assert_eq!(BcryptCost::new(12), Ok(BcryptCost::DEFAULT));
        assert_eq!(CostOutOfRange.to_string(), "must be from 4 to 15");
    }

    #[test]
    fn the_difference_of_two_costs_is_a_sum_of_hashes() {
        let work = |cost: BcryptCost| 1_u64 << cost.get();
        for from in 4..=15 {
            for to in from..=15 {
                let (from, to) = (BcryptCost(from), BcryptCost(to));
                assert_eq!(work(from) + from.up_to(to).map(work).sum::<u64>(), work(to));
            }
        }
        assert_eq!(BcryptCost::MAX.up_to(BcryptCost::MIN).count(), 0);
    }
}
