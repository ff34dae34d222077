//! A new access token for another service's user.

use tessera_domain::{AccessToken, ErrorKind, ExternalId, RefreshToken, TokenKind, TokenType};
use tessera_repositories::GuardedOutcome;

use super::UserTokens;
use super::service::{NewToken, is_own};
use crate::Outage;
use crate::ports::TokenRejected;

/// Why there is no new access token.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// There is no pair of that user.
    #[error("no such user")]
    UnknownUser,
    /// The refresh token has expired.
    #[error("has expired")]
    Expired,
    /// It is no token of ours, or damaged.
    #[error("is not a valid token")]
    Invalid,
    /// It is an access token.
    #[error("is of another type")]
    WrongType,
    /// It is somebody else's, or no longer this user's own.
    #[error("is not the user's refresh token")]
    Mismatch,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl RefreshError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownUser => ErrorKind::NotFound,
            Self::Expired | Self::Invalid | Self::WrongType | Self::Mismatch => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

/// The type counts before the time, as the verifier has it: of an access token that has expired it would be wrong to say
/// that the session has.
impl From<TokenRejected> for RefreshError {
    fn from(rejected: TokenRejected) -> Self {
        match rejected {
            TokenRejected::UnknownKey | TokenRejected::Invalid => Self::Invalid,
            TokenRejected::Expired => Self::Expired,
            TokenRejected::WrongType => Self::WrongType,
        }
    }
}

impl UserTokens {
    pub(super) async fn renew_access(
        &self,
        subject: &ExternalId,
        token: &RefreshToken,
    ) -> Result<AccessToken, RefreshError> {
        let now = self.clock.now();
        let found = self.pairs.find(subject).await.map_err(Outage::from)?;
        let pair = found.ok_or(RefreshError::UnknownUser)?;
        let claims = self.keys.verify(token.expose(), TokenType::Refresh, now).await??;
        if !is_own(&claims, token.expose(), subject, &pair.refresh) {
            return Err(RefreshError::Mismatch);
        }
        // It does not outlive the refresh token, and its id is of the JSON type in which that was minted, whatever the type
        // in this call.
        let (signed, access) = self.issue(NewToken {
            subject: claims.subject,
            session_id: claims.session_id,
            kind: TokenKind::Access,
            now,
            expires_at: now.plus(self.lifetimes.access).min(pair.refresh.expires_at),
        })?;
        match self.pairs.replace_access(subject, &pair.refresh.digest, &access).await.map_err(Outage::from)? {
            GuardedOutcome::Done => Ok(AccessToken::new(signed)),
            GuardedOutcome::Superseded => Err(RefreshError::Mismatch),
            GuardedOutcome::Absent => Err(RefreshError::UnknownUser),
        }
    }
}
