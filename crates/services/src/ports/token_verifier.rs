//! Verifying tokens: the only way in.

use tessera_domain::{Claims, Timestamp, TokenType};

/// Verifies tokens. There is one implementation, and nothing reads a claim of a token that did not pass it.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait TokenVerifier: Send + Sync {
    /// The claims of `token`, if it was signed by one of our keys with that key's algorithm, is of our issuer, complete,
    /// canonical, of type `expected`, and not expired at `now` (requirements T1 to T3). Whether it was revoked is not
    /// asked here.
    fn verify(&self, token: &str, expected: TokenType, now: Timestamp) -> Result<Claims, TokenRejected>;
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejected {
    /// The key that it names is not known here.
    #[error("names a key that is not known")]
    UnknownKey,
    /// It is none of ours, or damaged, or incomplete.
    #[error("is not a valid token")]
    Invalid,
    /// It is ours, and its time is over.
    #[error("has expired")]
    Expired,
    /// It is ours, and of another type.
    #[error("is of another type")]
    WrongType,
}
