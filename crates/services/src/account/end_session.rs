//! Ending sessions of one's own: one by its name, or all others (requirement T6).

use tessera_domain::{ActivityEvent, EndReason, ErrorKind, Session, SessionId, last_expiry};
use tessera_repositories::{AccountSessionEnding, WhichSessions};

use super::OwnAccounts;
use crate::tokens::Caller;
use crate::{ClientInfo, Outage};

/// Why no session ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    /// There is no such session of the caller's account that goes on; whether it ended, is another account's or never was
    /// is not told.
    #[error("there is no such session")]
    Unknown,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl EndSessionError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown => ErrorKind::NotFound,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl OwnAccounts {
    pub(super) async fn end_named(
        &self,
        caller: &Caller,
        id: SessionId,
        client: &ClientInfo,
    ) -> Result<(), EndSessionError> {
        let ended = self.end_own(caller, WhichSessions::Only(id), client).await?;
        if ended.is_empty() { Err(EndSessionError::Unknown) } else { Ok(()) }
    }

    /// How many of those that ended had been open: the others had expired, and are in no list.
    pub(super) async fn end_others(&self, caller: &Caller, client: &ClientInfo) -> Result<usize, Outage> {
        let ended = self.end_own(caller, WhichSessions::AllBut(caller.session_id), client).await?;
        let now = self.clock.now();
        Ok(ended.iter().filter(|session| now < session.idle_expires_at).count())
    }

    async fn end_own(
        &self,
        caller: &Caller,
        which: WhichSessions,
        client: &ClientInfo,
    ) -> Result<Vec<Session>, Outage> {
        let (user_id, at) = (caller.user_id, self.clock.now());
        let revoke_until = last_expiry(at, self.tokens.access_lifetime());
        let ending = AccountSessionEnding { user_id, which, reason: EndReason::LoggedOut, at, revoke_until };
        let ended = self.sessions.end_of(&ending).await?;
        if !ended.is_empty() {
            self.forget_sessions(ended.iter().map(|session| session.id), revoke_until);
            self.activity.record(user_id, ActivityEvent::SessionsEnded, client);
            tracing::info!(target: "audit", event = "sessions_ended", %user_id, count = ended.len());
        }
        Ok(ended)
    }
}
