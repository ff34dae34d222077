//! Whether an access token of another service's user counts.

use tessera_domain::{AccessToken, ErrorKind, ExternalId, TokenType};

use super::UserTokens;
use super::service::is_own;
use crate::Outage;
use crate::ports::TokenRejected;

/// Why it does not.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// It is no token of ours, or an access token whose time is over.
    #[error("is not a valid token, or has expired")]
    Invalid,
    /// It is ours, and not this user's access token: another user's, one that was replaced, or a refresh token.
    #[error("is not the user's access token")]
    Mismatch,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ValidateError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid | Self::Mismatch => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<TokenRejected> for ValidateError {
    fn from(rejected: TokenRejected) -> Self {
        match rejected {
            TokenRejected::UnknownKey | TokenRejected::Invalid | TokenRejected::Expired => Self::Invalid,
            TokenRejected::WrongType => Self::Mismatch,
        }
    }
}

impl UserTokens {
    /// The row is read each time: it is what says that a token was replaced or ended, and a moment later it may.
    pub(super) async fn check(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), ValidateError> {
        let claims = self.keys.verify(token.expose(), TokenType::Access, self.clock.now()).await??;
        match self.pairs.find(subject).await.map_err(Outage::from)? {
            Some(pair) if is_own(&claims, token.expose(), subject, &pair.access) => Ok(()),
            _ => Err(ValidateError::Mismatch),
        }
    }
}
