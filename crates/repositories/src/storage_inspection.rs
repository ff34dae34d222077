//! Looking at a storage from the outside: for those who want to know what is wrong, while others use it or nobody can.

use async_trait::async_trait;
use tessera_domain::{SigningKey, Timestamp};

use crate::Result;

/// A storage that can be looked at. Nothing in it is changed: nothing is made, and no schema is brought up to date.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StorageInspection: Send + Sync {
    /// Looks at it once. A hash of a password counts as strong if it begins with one of `strong`; that of an account
    /// without a password, which begins with `!`, is not counted. The storage counts, and no hash leaves it.
    async fn inspect(&self, strong: &[String]) -> Result<Inspection>;
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// How its schema is.
    pub schema: SchemaState,
    /// What its own clock says, where it has one.
    pub now: Option<Timestamp>,
    /// What is in it; nothing where the schema is not of this version.
    pub contents: Option<Contents>,
}

/// How the schema of a storage compares with that of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// How many migrations it still lacks.
    pub missing: usize,
    /// How many it has that this version does not know: a newer one was here.
    pub unknown: usize,
}

impl SchemaState {
    /// Compares the versions that were applied with those that there are.
    pub fn compare(applied: &[String], known: &[String]) -> Self {
        let missing = known.iter().filter(|version| !applied.contains(version)).count();
        let unknown = applied.iter().filter(|version| !known.contains(version)).count();
        Self { missing, unknown }
    }
}

/// What is in a storage, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Accounts with a password.
    pub passwords: u64,
    /// Those of them whose hash is not strong.
    pub weak: u64,
    /// The ES256 keys, their private halves sealed, in the order in which they sign.
    pub keys: Vec<SigningKey>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_may_be_older_and_newer_at_once() {
        let of = |versions: &[&str]| versions.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let compare = |applied: &[&str]| SchemaState::compare(&of(applied), &of(&["1", "2"]));
        assert_eq!(compare(&["1", "2"]), SchemaState { missing: 0, unknown: 0 });
        assert_eq!(compare(&[]), SchemaState { missing: 2, unknown: 0 });
        assert_eq!(compare(&["2", "3"]), SchemaState { missing: 1, unknown: 1 });
    }
}
