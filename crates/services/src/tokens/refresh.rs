//! Refreshing a session (requirement T4).

use tessera_domain::{
    Claims, ErrorKind, Generation, OnRetry, Presented, RefreshPolicy, RefreshToken, Revocation, RevokedKey, Rotation,
    Session, Subject, Timestamp, TokenKind, TokenPair, TokenType,
};
use tessera_repositories::{RotateOutcome, RotateSession};

use super::Sessions;
use crate::Outage;
use crate::ports::TokenRejected;

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is no refresh token of ours, or it has expired.
    #[error("is not a valid refresh token")]
    Invalid,
    /// It was spent, or its session ended.
    #[error("has been revoked")]
    Revoked,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl RefreshError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid | Self::Revoked => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<TokenRejected> for RefreshError {
    fn from(_: TokenRejected) -> Self {
        Self::Invalid
    }
}

impl Sessions {
    pub(super) async fn spend(&self, token: &RefreshToken, policy: RefreshPolicy) -> Result<TokenPair, RefreshError> {
        let now = self.clock.now();
        let claims = self.verifier.verify(token.expose(), TokenType::Refresh, now)?;
        let generation = generation_of(&claims)?;
        match policy.rotation {
            Rotation::Rotate => self.rotate(&claims, generation, now, policy.on_retry).await,
            Rotation::Keep => self.keep(token, &claims, generation, now, policy.on_retry).await,
        }
    }

    async fn rotate(
        &self,
        claims: &Claims,
        generation: Generation,
        now: Timestamp,
        on_retry: OnRetry,
    ) -> Result<TokenPair, RefreshError> {
        let request = RotateSession {
            id: claims.session_id,
            generation,
            now,
            idle: self.lifetimes.session.idle,
            retry_window: self.lifetimes.retry_window,
            revoke_until: self.last_access_expiry(now),
        };
        match self.sessions.rotate(&request).await.map_err(Outage::from)? {
            RotateOutcome::Rotated(session) => Ok(self.pair(&session, now)?),
            RotateOutcome::Retried(session) if on_retry == OnRetry::SameSuccessor => Ok(self.pair(&session, now)?),
            RotateOutcome::Retried(_) | RotateOutcome::Ended(_) => Err(RefreshError::Revoked),
            RotateOutcome::Reused(session) => {
                self.note_reuse(&session, generation, request.revoke_until);
                Err(RefreshError::Revoked)
            }
            RotateOutcome::Unknown => Err(RefreshError::Invalid),
        }
    }

    /// The current token stays good. A token that is not current is judged exactly as where tokens rotate: its
    /// generation is past, so that no rotation can come of it.
    async fn keep(
        &self,
        token: &RefreshToken,
        claims: &Claims,
        generation: Generation,
        now: Timestamp,
        on_retry: OnRetry,
    ) -> Result<TokenPair, RefreshError> {
        let found = self.sessions.find(claims.session_id).await.map_err(Outage::from)?;
        let session = found.ok_or(RefreshError::Invalid)?;
        match session.judge(generation, now, self.lifetimes.retry_window) {
            Presented::Current => Ok(TokenPair { access: self.access_token(&session, now)?, refresh: token.clone() }),
            Presented::Retry | Presented::Reused => self.rotate(claims, generation, now, on_retry).await,
            Presented::Ended => Err(RefreshError::Revoked),
            Presented::Expired | Presented::Unknown => Err(RefreshError::Invalid),
        }
    }

    fn note_reuse(&self, session: &Session, generation: Generation, until: Timestamp) {
        self.revoked.note(&[Revocation { key: RevokedKey::Session(session.id), until }]);
        tracing::warn!(
            target: "audit",
            event = "refresh_reuse",
            user_id = %session.user_id,
            session_id = %session.id,
            presented = generation.number(),
            current = session.generation.number(),
        );
    }
}

/// The generation of an account's refresh token.
fn generation_of(claims: &Claims) -> Result<Generation, TokenRejected> {
    match (&claims.subject, claims.kind) {
        (Subject::Account(_), TokenKind::Refresh(generation)) => Ok(generation),
        _ => Err(TokenRejected::Invalid),
    }
}
