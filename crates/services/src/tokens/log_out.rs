//! Logging out (requirement T6).

use tessera_domain::{
    ActivityEvent, Claims, EndReason, ErrorKind, RefreshToken, Revocation, RevokedKey, Subject, TokenType,
};
use tessera_repositories::SessionEnding;

use super::{Caller, Sessions};
use crate::ports::TokenRejected;
use crate::{ClientInfo, Outage};

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// The refresh token is none of ours, or it has expired.
    #[error("is not a valid refresh token")]
    InvalidRefresh,
    /// The refresh token belongs to another account.
    #[error("belongs to another account")]
    NotYours,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl LogOutError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidRefresh => ErrorKind::Unauthenticated,
            Self::NotYours => ErrorKind::InvalidInput,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<TokenRejected> for LogOutError {
    fn from(_: TokenRejected) -> Self {
        Self::InvalidRefresh
    }
}

impl Sessions {
    pub(super) async fn end(
        &self,
        caller: &Caller,
        refresh: Option<RefreshToken>,
        client: &ClientInfo,
    ) -> Result<(), LogOutError> {
        let now = self.clock.now();
        let refresh = match refresh {
            Some(token) => Some(self.keys.verify(token.expose(), TokenType::Refresh, now).await??),
            None => None,
        };
        if refresh.as_ref().is_some_and(|claims| claims.subject != Subject::Account(caller.user_id)) {
            return Err(LogOutError::NotYours);
        }
        let mut sessions = vec![caller.session_id];
        sessions.extend(refresh.as_ref().map(|claims| claims.session_id).filter(|id| *id != caller.session_id));
        let until = self.last_access_expiry();
        let whole = sessions.iter().map(|id| Revocation { key: RevokedKey::Session(*id), until });
        let revocations: Vec<_> = whole.chain(refresh.as_ref().map(blacklisted)).collect();
        let ending = SessionEnding { sessions, reason: EndReason::LoggedOut, at: now, revocations };
        self.sessions.end(&ending).await.map_err(Outage::from)?;
        self.revoked.note(&ending.revocations);
        self.activity.record(caller.user_id, ActivityEvent::LoggedOut, client);
        tracing::info!(target: "audit", event = "logout", user_id = %caller.user_id, session_id = %caller.session_id);
        Ok(())
    }
}

/// The token alone, until it would have expired.
fn blacklisted(claims: &Claims) -> Revocation {
    Revocation { key: RevokedKey::Token(claims.token_id), until: claims.expires_at }
}
