//! Reading where one is logged in.

use tessera_domain::{Session, SessionId};
use tessera_repositories::SessionPageRequest;

use super::OwnAccounts;
use crate::Outage;
use crate::tokens::Caller;

/// Which page of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPageQuery {
    /// The last session of the page before, if there was one.
    pub before: Option<SessionId>,
    /// The most sessions; at least 1.
    pub limit: u16,
}

/// A page of open sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionListing {
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
    /// Before which session the next page begins, if there is one.
    pub next_before: Option<SessionId>,
}

impl OwnAccounts {
    pub(super) async fn list_own_sessions(
        &self,
        caller: &Caller,
        page: SessionPageQuery,
    ) -> Result<SessionListing, Outage> {
        let SessionPageQuery { before, limit } = page;
        let request = SessionPageRequest { user_id: caller.user_id, now: self.clock.now(), before, limit };
        let page = self.sessions.list_open(request).await?;
        let next_before = page.sessions.last().filter(|_| page.has_more).map(|session| session.id);
        Ok(SessionListing { sessions: page.sessions, next_before })
    }
}
