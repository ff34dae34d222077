//! Ending the pair of another service's user: a logout, or a user who was deleted there.

use tessera_domain::{AccessToken, Digest, ErrorKind, ExternalId, Subject, TokenType};
use tessera_repositories::GuardedOutcome;

use super::UserTokens;
use crate::Outage;
use crate::ports::TokenRejected;

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum InvalidateError {
    /// There is no pair of that user.
    #[error("the user has no tokens")]
    NotLoggedIn,
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

impl InvalidateError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotLoggedIn | Self::Invalid | Self::Mismatch => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<TokenRejected> for InvalidateError {
    fn from(rejected: TokenRejected) -> Self {
        match rejected {
            TokenRejected::UnknownKey | TokenRejected::Invalid | TokenRejected::Expired => Self::Invalid,
            TokenRejected::WrongType => Self::Mismatch,
        }
    }
}

impl UserTokens {
    /// That nobody is logged in is told of any token. Whether the token is the user's own is decided where the row is
    /// deleted, in one step: a refresh that happens meanwhile either comes too late or makes this token an old one.
    pub(super) async fn end(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), InvalidateError> {
        if self.pairs.find(subject).await.map_err(Outage::from)?.is_none() {
            return Err(InvalidateError::NotLoggedIn);
        }
        let claims = self.keys.verify(token.expose(), TokenType::Access, self.clock.now()).await??;
        let user = Subject::External(subject.clone());
        if claims.subject != user {
            return Err(InvalidateError::Mismatch);
        }
        let digest = Digest::of(token.expose().as_bytes());
        match self.pairs.delete(subject, &digest).await.map_err(Outage::from)? {
            GuardedOutcome::Superseded => return Err(InvalidateError::Mismatch),
            GuardedOutcome::Absent => return Err(InvalidateError::NotLoggedIn),
            GuardedOutcome::Done => {}
        }
        tracing::info!(target: "audit", event = "logout", subject = %user, session_id = %claims.session_id);
        Ok(())
    }
}
