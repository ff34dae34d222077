//! Making keys, putting them to use, and publishing their public halves.

use tessera_domain::{Algorithm, KeyId, KeySchedule, SigningKey, Timestamp};

use super::SignError;

/// Makes signing keys.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait KeyGenerator: Send + Sync {
    /// A new key that is active from `now`, its private half sealed. It does not say how long tokens live.
    fn generate(&self, now: Timestamp) -> Result<SigningKey, SignError>;
}

/// Has the keys that this process signs and verifies with.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait KeyHolder: Send + Sync {
    /// Signs, verifies and publishes by this schedule from the moment that this returns. Nothing that was verified by a key
    /// before is remembered. A key that cannot be opened is left out, which is told in the log; if none is left that can
    /// sign, nothing changes.
    fn hold(&self, schedule: &KeySchedule) -> Result<HeldKeys, SignError>;
}

/// Which keys of a schedule are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldKeys {
    /// Every one that is not over.
    All,
    /// Those that could be opened: the others sign elsewhere, and tokens of theirs are not known here.
    Some,
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name.
    pub id: KeyId,
    /// What it verifies.
    pub algorithm: Algorithm,
    /// The uncompressed point (SEC 1, section 2.3.3), 65 bytes.
    pub point: Vec<u8>,
}

/// The keys that others verify our tokens with (RFC 7517, section 5).
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait PublicKeys: Send + Sync {
    /// Every key that a token in use may be signed with, and the next one; none where the key is a shared secret.
    fn published(&self) -> Vec<PublicKey>;
}
