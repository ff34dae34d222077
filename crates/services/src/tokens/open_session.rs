//! Opening a session.

use tessera_domain::{ErrorKind, SecurityVersion, Session, SessionId, TokenPair, UserId};
use tessera_repositories::OpenOutcome;

use super::Sessions;
use super::service::Basis;
use crate::ports::random;
use crate::{ClientInfo, Outage};

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenSessionError {
    /// The credentials changed after they were verified, or the account may not log in.
    #[error("the credentials no longer count")]
    Superseded,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl OpenSessionError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Superseded => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl Sessions {
    pub(super) async fn open(
        &self,
        user_id: UserId,
        version: SecurityVersion,
        client: &ClientInfo,
    ) -> Result<TokenPair, OpenSessionError> {
        let now = self.clock.now();
        self.keys.catch_up(now).await?;
        let id = SessionId::new(now, random(&*self.secrets));
        let opened = Session::open(id, user_id, now, self.lifetimes.session);
        let session = Session { client: client.of_session(), ..opened };
        // Signed first: a session whose tokens could not be made would be a row that nobody can use.
        let pair = self.pair(&Basis::from(&session), now)?;
        match self.sessions.open(&session, version).await.map_err(Outage::from)? {
            OpenOutcome::Opened => Ok(pair),
            OpenOutcome::Superseded => Err(OpenSessionError::Superseded),
        }
    }
}
