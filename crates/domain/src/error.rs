//! What can be wrong, without saying how anybody words it.

/// The classes of failure that a caller can act on. Each service error maps to exactly one; the HTTP
/// layer turns a kind into a status in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input is malformed or breaks a rule; sending it again unchanged cannot help.
    InvalidInput,
    /// There are no credentials, or they are wrong, expired, revoked or of another type.
    Unauthenticated,
    /// The caller is known, and not allowed.
    Forbidden,
    /// What was named does not exist.
    NotFound,
    /// It exists already, or is bound to something else.
    Conflict,
    /// A limit is reached; try again later.
    RateLimited,
    /// A backend is away or a queue is full; try again later. It says nothing about the credentials.
    Unavailable,
    /// A defect on our side. It is logged, never described to the client.
    Internal,
}

/// Why a text is not the value it was meant to be. It never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Invalid {
    /// Nothing, or nothing but white space.
    #[error("is blank")]
    Blank,
    /// More than `max`: characters for names and addresses, bytes for passwords.
    #[error("is longer than {max}")]
    TooLong {
        /// The longest that is accepted.
        max: usize,
    },
    /// A NUL or another control character (requirement H2).
    #[error("contains a control character")]
    ControlCharacter,
    /// It does not have the form of such a value.
    #[error("is malformed")]
    Malformed,
}

/// The result of making a domain value.
pub type Result<T, E = Invalid> = core::result::Result<T, E>;
