//! Sessions and the rotation of their refresh tokens (requirements T4 to T6).

use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{EndReason, Generation, Revocation, SecurityVersion, Session, SessionId, Timestamp, UserId};

use crate::Result;

/// Where sessions are kept.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Opens a session, if its account is active and its credentials are still of `version`, the one they were
    /// verified under. What is checked and what is written cannot be separated by a change of the account.
    async fn open(&self, session: &Session, version: SecurityVersion) -> Result<OpenOutcome>;

    /// The session with this id, ended and expired ones too, until they are cleaned up.
    async fn find(&self, id: SessionId) -> Result<Option<Session>>;

    /// Spends a refresh token.
    ///
    /// What the presented generation is to the session is decided by [`Session::judge`], and what follows happens in
    /// the same step: the current one rotates the session, a spent one ends it with [`EndReason::RefreshReused`] and
    /// records its revocation. Of any number of simultaneous calls with one generation, one rotates.
    async fn rotate(&self, request: &RotateSession) -> Result<RotateOutcome>;

    /// Ends sessions and records revocations, all or nothing. Sessions that are gone or ended before are left as they
    /// are; the revocations are recorded all the same.
    async fn end(&self, ending: &SessionEnding) -> Result<()>;

    /// Forgets at most `limit` sessions whose last refresh token has expired by `now`. Returns how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32>;
}

/// What became of the opening of a session.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenOutcome {
    /// The session exists now.
    Opened,
    /// Nothing was written: the account is gone or inactive, or its credentials changed since they were verified.
    Superseded,
}

/// A refresh token that was presented, and the rules it is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotateSession {
    /// The session it belongs to.
    pub id: SessionId,
    /// The account that it was made for. A session of another one is not there for it.
    pub user_id: UserId,
    /// Its generation.
    pub generation: Generation,
    /// The present moment.
    pub now: Timestamp,
    /// The lifetime of the successor.
    pub idle: Duration,
    /// How long after a rotation the predecessor is a retry.
    pub retry_window: Duration,
    /// Until when to keep the revocation, should this be the session's end: when its last access token has expired.
    pub revoke_until: Timestamp,
}

/// What became of a refresh token that was presented.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotateOutcome {
    /// It was current. The session as it is now, one generation on.
    Rotated(Session),
    /// It was the immediate predecessor, within the window. The session as it is, unchanged.
    Retried(Session),
    /// It had been spent. The session ended by this call.
    Reused(Session),
    /// The session had ended before. Unchanged.
    Ended(Session),
    /// There is no such session or generation of this account, or it has reached one of its limits.
    Unknown,
}

/// The end of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnding {
    /// Which.
    pub sessions: Vec<SessionId>,
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: Timestamp,
    /// What to record as revoked in the same step.
    pub revocations: Vec<Revocation>,
}
