//! Who calls: the hot path of the whole service.

use tessera_domain::{AccessToken, Claims, ErrorKind, SessionId, Subject, Timestamp, TokenId, TokenType, UserId};

use super::Sessions;
use crate::Outage;
use crate::ports::TokenRejected;

/// Somebody who proved to hold a live access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The token.
    pub token_id: TokenId,
    /// When the token expires.
    pub expires_at: Timestamp,
}

/// Why it is not known who calls.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token does not count.
    #[error(transparent)]
    Rejected(#[from] TokenRejected),
    /// Its session ended.
    #[error("was revoked")]
    Revoked,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl AuthenticateError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(_) | Self::Revoked => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl Sessions {
    pub(super) async fn identify(&self, token: &AccessToken) -> Result<Caller, AuthenticateError> {
        let now = self.clock.now();
        let claims = self.keys.verify(token.expose(), TokenType::Access, now).await??;
        let caller = self.caller(&claims)?;
        if caller.expires_at <= now {
            return Err(TokenRejected::Expired.into());
        }
        if self.revoked.is_revoked(caller.session_id, now).await.map_err(Outage::from)? {
            return Err(AuthenticateError::Revoked);
        }
        Ok(caller)
    }

    /// A token of another service's user is no account's, whatever its id looks like (requirement T3). None lives longer than
    /// those that are made now: what ended is remembered for as long as these live, so that a token from before the lifetime
    /// was shortened would outlive the memory of its end (invariant I2).
    fn caller(&self, claims: &Claims) -> Result<Caller, TokenRejected> {
        let Subject::Account(user_id) = claims.subject else { return Err(TokenRejected::Invalid) };
        let expires_at = claims.expires_at.min(claims.issued_at.plus(self.lifetimes.access));
        Ok(Caller { user_id, session_id: claims.session_id, token_id: claims.token_id, expires_at })
    }
}
