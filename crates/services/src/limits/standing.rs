//! Where a client stands with the limits that its request met.

use std::sync::{Arc, Mutex, PoisonError};

use tessera_domain::{Allowance, Quota};

use super::Policy;

/// Where a client stands with one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which one.
    pub policy: Policy,
    /// What it allows.
    pub quota: Quota,
    /// What is left of that.
    pub allowance: Allowance,
}

/// The limits that one request met. Its clones are the same note: services write it while they work, and whoever answers
/// reads it, so that every answer can tell, a refusal too.
#[derive(Debug, Clone, Default)]
pub struct Standings(Arc<Mutex<Vec<Standing>>>);

/// Two notes are the same if they say the same.
impl PartialEq for Standings {
    fn eq(&self, other: &Self) -> bool {
        self.list() == other.list()
    }
}

impl Eq for Standings {}

impl Standings {
    /// Notes where the client stands with a limit from now on.
    pub fn note(&self, standing: Standing) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match noted.iter_mut().find(|earlier| earlier.policy == standing.policy) {
            Some(earlier) => *earlier = standing,
            None => noted.push(standing),
        }
    }

    /// What was noted, each limit once, in the order in which they were met.
    pub fn list(&self) -> Vec<Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn of(&self, policy: Policy) -> Option<Standing> {
        self.list().into_iter().find(|standing| standing.policy == policy)
    }
}
