//! Signing tokens.

use secrecy::SecretString;
use tessera_domain::Claims;

/// Signs claims.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// The compact serialisation (RFC 7515, section 7.1) of a JWT that says `claims`, the issuer added, signed with the
    /// active key.
    fn sign(&self, claims: &Claims) -> Result<SecretString, SignError>;
}

/// A key could not be made or used. It is a defect or a broken installation, never the client's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignError(pub &'static str);
