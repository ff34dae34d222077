//! The tokens of a user whom another service owns.
//!
//! Such a user has one pair at a time. What is kept of it says which two tokens count, and is no token itself: whoever
//! reads the storage can call nobody's API with it.

use crate::{Digest, ExternalId, ExternalUsername, Timestamp, TokenId};

/// What is kept of the current pair of such a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPair {
    /// The user's id.
    pub subject: ExternalId,
    /// The user's name. Id and name belong to each other for as long as there is a pair (requirement S2).
    pub username: ExternalUsername,
    /// The one access token that counts.
    pub access: IssuedToken,
    /// The one refresh token that counts.
    pub refresh: IssuedToken,
}

/// What is kept of a token that was issued: never the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedToken {
    /// Its name (`jti`).
    pub token_id: TokenId,
    /// The digest of its signed form. It is what a token that is presented is compared with: the name alone would not
    /// do, since an ECDSA signature has a second spelling, and what was issued has one.
    pub digest: Digest,
    /// When it was made (`iat`).
    pub issued_at: Timestamp,
    /// From this moment on it is refused (`exp`).
    pub expires_at: Timestamp,
}
