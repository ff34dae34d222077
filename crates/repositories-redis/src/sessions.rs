//! Sessions in a database, whose ends are announced.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Revocation, RevokedKey, SecurityVersion, Session, SessionClient, SessionId, Timestamp};
use tessera_repositories::{
    AccountSessionEnding, OpenOutcome, Result, RotateOutcome, RotateSession, SessionEnding, SessionPage,
    SessionPageRequest, SessionRepository,
};

use crate::RedisBlacklist;

/// A repository of sessions that announces what it has recorded as revoked, after it is durable.
#[derive(Clone)]
pub struct AnnouncedSessions {
    sessions: Arc<dyn SessionRepository>,
    blacklist: RedisBlacklist,
}

impl AnnouncedSessions {
    /// `sessions`, whose ends are announced on `blacklist`.
    pub fn new(sessions: Arc<dyn SessionRepository>, blacklist: &RedisBlacklist) -> Self {
        Self { sessions, blacklist: blacklist.clone() }
    }
}

#[async_trait]
impl SessionRepository for AnnouncedSessions {
    async fn open(&self, session: &Session, version: SecurityVersion) -> Result<OpenOutcome> {
        self.sessions.open(session, version).await
    }

    async fn find(&self, id: SessionId) -> Result<Option<Session>> {
        self.sessions.find(id).await
    }

    async fn list_open(&self, request: SessionPageRequest) -> Result<SessionPage> {
        self.sessions.list_open(request).await
    }

    async fn rotate(&self, request: &RotateSession) -> Result<RotateOutcome> {
        let outcome = self.sessions.rotate(request).await?;
        if let RotateOutcome::Reused(session) = &outcome {
            let whole = Revocation { key: RevokedKey::Session(session.id), until: request.revoke_until };
            self.blacklist.announce(&[whole]).await;
        }
        Ok(outcome)
    }

    async fn note_use(&self, id: SessionId, at: Timestamp, client: &SessionClient) -> Result<()> {
        self.sessions.note_use(id, at, client).await
    }

    async fn end(&self, ending: &SessionEnding) -> Result<()> {
        self.sessions.end(ending).await?;
        self.blacklist.announce(&ending.revocations).await;
        Ok(())
    }

    async fn end_of(&self, ending: &AccountSessionEnding) -> Result<Vec<Session>> {
        let ended = self.sessions.end_of(ending).await?;
        let whole = |session: &Session| Revocation { key: RevokedKey::Session(session.id), until: ending.revoke_until };
        self.blacklist.announce(&ended.iter().map(whole).collect::<Vec<_>>()).await;
        Ok(ended)
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.sessions.delete_expired(now, limit).await
    }
}
