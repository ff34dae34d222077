//! What no longer counts although its signature still does.

use crate::{SessionId, Timestamp, TokenId};

/// Names what was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokedKey {
    /// Every token of a session.
    Session(SessionId),
    /// One token.
    Token(TokenId),
}

/// A revocation. It is kept until nothing that it covers could be accepted anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// What was revoked.
    pub key: RevokedKey,
    /// When everything it covers has expired.
    pub until: Timestamp,
}

impl Revocation {
    /// Whether it still matters at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.until
    }
}
