//! Refreshing a session (requirement T4).

use std::time::Duration;

use tessera_domain::{
    ActivityEvent, Claims, ErrorKind, Generation, OnRetry, Presented, RefreshPolicy, RefreshToken, Revocation,
    RevokedKey, Rotation, Session, Subject, Timestamp, TokenKind, TokenPair, TokenType, UserId,
};
use tessera_repositories::{RotateOutcome, RotateSession};
use tokio::task::yield_now;

use super::Sessions;
use super::service::Basis;
use crate::ports::TokenRejected;
use crate::{ClientInfo, Outage};

/// How exactly it is known when a session was used last that is not rotated.
const USES_APART: Duration = Duration::from_mins(1);

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

/// A refresh token that is presented now.
struct Presentation<'a> {
    token: &'a RefreshToken,
    claims: Claims,
    user_id: UserId,
    generation: Generation,
    on_retry: OnRetry,
    client: &'a ClientInfo,
    now: Timestamp,
}

impl Sessions {
    pub(super) async fn spend(
        &self,
        token: &RefreshToken,
        policy: RefreshPolicy,
        client: &ClientInfo,
    ) -> Result<TokenPair, RefreshError> {
        let now = self.clock.now();
        let claims = self.keys.verify(token.expose(), TokenType::Refresh, now).await??;
        let (user_id, generation) = account_and_generation(&claims)?;
        let presented = Presentation { token, claims, user_id, generation, on_retry: policy.on_retry, client, now };
        match policy.rotation {
            Rotation::Rotate => self.rotate(&presented).await,
            Rotation::Keep => self.keep(&presented).await,
        }
    }

    async fn rotate(&self, presented: &Presentation<'_>) -> Result<TokenPair, RefreshError> {
        let now = presented.now;
        let request = RotateSession {
            id: presented.claims.session_id,
            user_id: presented.user_id,
            generation: presented.generation,
            client: presented.client.of_session(),
            now,
            idle: self.lifetimes.session.idle,
            retry_window: self.lifetimes.retry_window,
            revoke_until: self.last_access_expiry(),
        };
        let gives_successor = presented.on_retry == OnRetry::SameSuccessor;
        // Signing takes as long as writing. The pair is made while the storage works, and thrown away if it was not to be.
        let expected = Basis {
            user_id: request.user_id,
            session_id: request.id,
            generation: request.generation.next(),
            rotated_at: now,
            idle_expires_at: now.plus(request.idle),
        };
        let pair = async {
            // What is asked of the storage leaves this thread first.
            yield_now().await;
            self.pair(&expected, now)
        };
        let (outcome, pair) = tokio::join!(self.sessions.rotate(&request), pair);
        match outcome.map_err(Outage::from)? {
            RotateOutcome::Rotated(session) if Basis::from(&session) == expected => Ok(pair?),
            RotateOutcome::Rotated(session) => Ok(self.pair(&Basis::from(&session), now)?),
            RotateOutcome::Retried(session) if gives_successor => Ok(self.pair(&Basis::from(&session), now)?),
            RotateOutcome::Retried(_) | RotateOutcome::Ended(_) => Err(RefreshError::Revoked),
            RotateOutcome::Reused(session) => {
                self.note_reuse(&session, presented, request.revoke_until);
                Err(RefreshError::Revoked)
            }
            RotateOutcome::Unknown => Err(RefreshError::Invalid),
        }
    }

    /// The current token stays good. A token that is not current is judged exactly as where tokens rotate: its
    /// generation is past, so that no rotation can come of it.
    async fn keep(&self, presented: &Presentation<'_>) -> Result<TokenPair, RefreshError> {
        let Presentation { token, claims, user_id, generation, now, .. } = presented;
        let found = self.sessions.find(claims.session_id).await.map_err(Outage::from)?;
        let session = found.filter(|session| session.user_id == *user_id).ok_or(RefreshError::Invalid)?;
        match session.judge(*generation, *now, self.lifetimes.retry_window) {
            Presented::Current => {
                let access = self.access_token(&Basis::from(&session), *now)?;
                self.note_use(&session, presented).await;
                Ok(TokenPair { access, refresh: (*token).clone() })
            }
            Presented::Retry | Presented::Reused => self.rotate(presented).await,
            Presented::Ended => Err(RefreshError::Revoked),
            Presented::Expired | Presented::Unknown => Err(RefreshError::Invalid),
        }
    }

    /// For the owner's list of sessions. A refresh that rotates nothing writes nothing else: one that follows another within
    /// a minute, from the same client, is not worth a write, and none is refused for want of one.
    async fn note_use(&self, session: &Session, presented: &Presentation<'_>) {
        let client = presented.client.of_session();
        if client == session.client && presented.now.since(session.last_used_at) < USES_APART {
            return;
        }
        if let Err(error) = self.sessions.note_use(session.id, presented.now, &client).await {
            tracing::warn!(session_id = %session.id, %error, "the use of a session was not noted");
        }
    }

    fn note_reuse(&self, session: &Session, presented: &Presentation<'_>, until: Timestamp) {
        self.revoked.note(&[Revocation { key: RevokedKey::Session(session.id), until }]);
        self.activity.record(session.user_id, ActivityEvent::RefreshReused, presented.client);
        tracing::warn!(
            target: "audit",
            event = "refresh_reuse",
            user_id = %session.user_id,
            session_id = %session.id,
            presented = presented.generation.number(),
            current = session.generation.number(),
        );
    }
}

/// Whose refresh token it is, if it is an account's, and of which generation.
fn account_and_generation(claims: &Claims) -> Result<(UserId, Generation), TokenRejected> {
    match (&claims.subject, claims.kind) {
        (Subject::Account(user_id), TokenKind::Refresh(generation)) => Ok((*user_id, generation)),
        _ => Err(TokenRejected::Invalid),
    }
}
