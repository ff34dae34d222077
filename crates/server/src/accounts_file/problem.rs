//! What can be wrong with a row.

use tessera_domain::Invalid;
use tessera_services::ports::UnusableHash;

use super::LONGEST_ROW;

/// Why a row does not become an account. It names members, and never shows what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It does not hold what a line of JSON lines holds.
    #[error("it is no JSON object")]
    NotAnObject,
    /// It is not text.
    #[error("it is not written in UTF-8")]
    NotText,
    /// It is too long to be an account.
    #[error("it is longer than {} KiB, which an unclosed quote makes of the rest of a file", LONGEST_ROW / 1_024)]
    TooLong,
    /// The number of its fields is not that of the heading.
    #[error("it has {found} fields, and the heading has {expected}")]
    FieldCount {
        /// How many it has.
        found: usize,
        /// How many the heading has.
        expected: usize,
    },
    /// Something that an account needs is not there.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A member is not the value that it should be.
    #[error("{0} {1}")]
    Invalid(&'static str, Invalid),
    /// A member is of another kind: a number where text belongs.
    #[error("{0} is not {1}")]
    WrongKind(&'static str, &'static str),
    /// No login could ever succeed with its hash.
    #[error("password_hash {0}")]
    Hash(UnusableHash),
    /// An earlier row has the same, which has to be unique.
    #[error("{name} is that of line {line} already")]
    Duplicate {
        /// What they share.
        name: &'static str,
        /// Where it was first.
        line: u32,
    },
    /// An account with another address has it.
    #[error("{0} is that of another account")]
    Taken(&'static str),
}

/// The classes of problems that a summary counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The row is not what a row should be.
    Invalid,
    /// The row is fine, but for its hash.
    UnusableHash,
    /// An earlier row has the same.
    Duplicate,
    /// Another account has the same.
    Taken,
}

impl Problem {
    /// Its class.
    pub fn class(self) -> Refusal {
        match self {
            Self::Hash(_) => Refusal::UnusableHash,
            Self::Duplicate { .. } => Refusal::Duplicate,
            Self::Taken(_) => Refusal::Taken,
            Self::NotAnObject
            | Self::NotText
            | Self::TooLong
            | Self::FieldCount { .. }
            | Self::Missing(_)
            | Self::Invalid(..)
            | Self::WrongKind(..) => Refusal::Invalid,
        }
    }
}
