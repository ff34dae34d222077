//! Making a pair of tokens for another service's user.

use tessera_domain::{
    AccessToken, ErrorKind, ExternalId, ExternalPair, ExternalUsername, Generation, RefreshToken, SessionId, Subject,
    TokenKind, TokenPair,
};
use tessera_repositories::PutOutcome;

use super::UserTokens;
use super::service::NewToken;
use crate::Outage;
use crate::ports::random;

/// Whom to make a pair for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintTokens {
    /// The user's id, as the other service knows it.
    pub id: ExternalId,
    /// The user's name there.
    pub username: ExternalUsername,
}

/// Why there is no pair.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The id is known under another username (requirement S2).
    #[error("the id is known under another username")]
    IdBound,
    /// The username is known under another id (requirement S2).
    #[error("the username is known under another id")]
    UsernameBound,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl MintError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::IdBound | Self::UsernameBound => ErrorKind::Conflict,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl UserTokens {
    pub(super) async fn mint_pair(&self, command: &MintTokens) -> Result<TokenPair, MintError> {
        let now = self.clock.now();
        self.keys.catch_up(now).await?;
        let session_id = SessionId::new(now, random(&*self.secrets));
        let subject = Subject::External(command.id.clone());
        let new = |kind, lifetime| NewToken {
            subject: subject.clone(),
            session_id,
            kind,
            now,
            expires_at: now.plus(lifetime),
        };
        let (access_text, access) = self.issue(new(TokenKind::Access, self.lifetimes.access))?;
        // These are never rotated: the first generation is the only one.
        let refresh = TokenKind::Refresh(Generation::FIRST);
        let (refresh_text, refresh) = self.issue(new(refresh, self.lifetimes.session.idle))?;
        let pair = ExternalPair { subject: command.id.clone(), username: command.username.clone(), access, refresh };
        match self.pairs.put(&pair).await.map_err(Outage::from)? {
            PutOutcome::SubjectBound => return Err(MintError::IdBound),
            PutOutcome::UsernameBound => return Err(MintError::UsernameBound),
            PutOutcome::Stored => {}
        }
        tracing::info!(target: "audit", event = "mint", %subject, %session_id);
        Ok(TokenPair { access: AccessToken::new(access_text), refresh: RefreshToken::new(refresh_text) })
    }
}
