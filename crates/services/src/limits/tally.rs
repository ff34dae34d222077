//! How often each limit was asked, and how often it refused.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Policy;

/// What the limits of this process decided since it started.
#[derive(Debug, Default)]
pub struct Tally([Row; Policy::ALL.len()]);

#[derive(Debug, Default)]
struct Row {
    admitted: AtomicU64,
    refused: AtomicU64,
}

/// What one limit decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decisions {
    /// Which one.
    pub policy: Policy,
    /// How many attempts it admitted. Another limit may have refused them, or this one when a token had proved wrong.
    pub admitted: u64,
    /// How many it refused.
    pub refused: u64,
}

impl Tally {
    /// Counts a decision.
    pub(super) fn note(&self, policy: Policy, is_admitted: bool) {
        // The rows stand in the order of the declaration.
        if let Some(row) = self.0.get(policy as usize) {
            let number = if is_admitted { &row.admitted } else { &row.refused };
            number.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The decisions of every limit.
    pub fn decisions(&self) -> impl Iterator<Item = Decisions> {
        Policy::ALL.into_iter().zip(&self.0).map(|(policy, row)| Decisions {
            policy,
            admitted: row.admitted.load(Ordering::Relaxed),
            refused: row.refused.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_has_a_row_of_its_own() {
        let tally = Tally::default();
        for (times, policy) in Policy::ALL.into_iter().enumerate() {
            (0..=times).for_each(|_| tally.note(policy, true));
        }
        tally.note(Policy::Tokens, false);
        for (times, decisions) in tally.decisions().enumerate() {
            let refused = u64::from(decisions.policy == Policy::Tokens);
            assert_eq!((decisions.admitted, decisions.refused), (times as u64 + 1, refused), "{decisions:?}");
        }
    }
}
