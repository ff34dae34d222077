//! Sessions and the rotation of their refresh tokens (requirements T4 to T6).

use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{
    EndReason, Generation, Revocation, SecurityVersion, Session, SessionClient, SessionId, Timestamp, UserId,
};

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

    /// The sessions of one account that are open ([`Session::is_open`]) at `request.now`, before `request.before`, newest
    /// first, at most `request.limit`.
    async fn list_open(&self, request: SessionPageRequest) -> Result<SessionPage>;

    /// Spends a refresh token.
    ///
    /// What the presented generation is to the session is decided by [`Session::judge`], and what follows happens in
    /// the same step: the current one rotates the session, which is from then on used by `request.client`; a spent one
    /// ends it with [`EndReason::RefreshReused`] and records its revocation. Of any number of simultaneous calls with one
    /// generation, one rotates.
    async fn rotate(&self, request: &RotateSession) -> Result<RotateOutcome>;

    /// Notes that a session was refreshed without being rotated: when, and by whom. One that ended, or is gone, is left as
    /// it is.
    async fn note_use(&self, id: SessionId, at: Timestamp, client: &SessionClient) -> Result<()>;

    /// Ends sessions and records revocations, all or nothing. Sessions that are gone or ended before are left as they
    /// are; the revocations are recorded all the same.
    async fn end(&self, ending: &SessionEnding) -> Result<()>;

    /// Ends sessions of one account, whichever of those named have not ended before, and records the revocation of each,
    /// all or nothing. Expired ones end too: they may have expired by a clock that was ahead. Returns those that ended by
    /// it, in any order. A session of another account is not there for it.
    async fn end_of(&self, ending: &AccountSessionEnding) -> Result<Vec<Session>>;

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
    /// Who presents it.
    pub client: SessionClient,
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

/// The end of sessions of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSessionEnding {
    /// Whose.
    pub user_id: UserId,
    /// Which of them.
    pub which: WhichSessions,
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: Timestamp,
    /// Until when to keep the revocations: when the last access tokens of those sessions have expired.
    pub revoke_until: Timestamp,
}

/// Sessions of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSessions {
    /// All of them.
    All,
    /// This one.
    Only(SessionId),
    /// All of them but this one.
    AllBut(SessionId),
}

/// Which open sessions to list: a page that begins before a known one, so that sessions which are opened or end meanwhile
/// neither repeat nor hide others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPageRequest {
    /// Whose.
    pub user_id: UserId,
    /// The present moment.
    pub now: Timestamp,
    /// The last session of the page before, if there was one.
    pub before: Option<SessionId>,
    /// The most sessions to return; at least 1.
    pub limit: u16,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPage {
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}
