//! The service of tokens: its trait, and the parts its operations work with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tessera_domain::{
    AccessToken, Claims, Generation, RefreshPolicy, RefreshToken, SecurityVersion, Session, SessionId, SessionLimits,
    Subject, Timestamp, TokenId, TokenKind, TokenPair, UserId, last_expiry,
};
use tessera_repositories::SessionRepository;

use super::{AuthenticateError, Caller, LogOutError, OpenSessionError, RefreshError, RevocationMirror};
use crate::activity::ActivityRecorder;
use crate::limits::{Attempt, RateLimiter, guarded};
use crate::ports::{Clock, SecretSource, SignError, random};
use crate::signing_keys::KeysInUse;
use crate::{ClientInfo, Outage};

/// Tokens of accounts.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenService: Send + Sync {
    /// Opens a session for the owner of an account, who was verified under this version of its credentials, on `client`.
    async fn open_session(
        &self,
        user_id: UserId,
        version: SecurityVersion,
        client: &ClientInfo,
    ) -> Result<TokenPair, OpenSessionError>;

    /// Spends or uses a refresh token, as `policy` says. The pair holds a new access token and the refresh token to
    /// use from now on.
    async fn refresh(
        &self,
        token: &RefreshToken,
        policy: RefreshPolicy,
        client: &ClientInfo,
    ) -> Result<TokenPair, RefreshError>;

    /// Who calls with this access token.
    async fn authenticate(&self, token: &AccessToken) -> Result<Caller, AuthenticateError>;

    /// How long an access token lives from its making.
    fn access_lifetime(&self) -> Duration;

    /// Ends the caller's session, and the session of `refresh` if one is given, which must be the caller's own. Their
    /// tokens are refused from the moment this returns (requirement T6).
    async fn log_out(
        &self,
        caller: &Caller,
        refresh: Option<RefreshToken>,
        client: &ClientInfo,
    ) -> Result<(), LogOutError>;
}

/// How long things live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Access tokens.
    pub access: Duration,
    /// Sessions, and with their idle limit refresh tokens.
    pub session: SessionLimits,
    /// How long after a rotation the predecessor is a retry and not a theft.
    pub retry_window: Duration,
}

/// The implementation of [`TokenService`]. Each operation is in the file named after it.
pub struct Sessions {
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionRepository>,
    /// What was revoked.
    pub revoked: Arc<RevocationMirror>,
    /// Where logouts and reuse are noted for their owner.
    pub activity: Arc<dyn ActivityRecorder>,
    /// What signs and verifies.
    pub keys: KeysInUse,
    /// How often somebody may present a refresh token that does not count.
    pub limiter: Arc<dyn RateLimiter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub secrets: Arc<dyn SecretSource>,
    /// How long things live.
    pub lifetimes: Lifetimes,
}

#[async_trait]
impl TokenService for Sessions {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn open_session(
        &self,
        user_id: UserId,
        version: SecurityVersion,
        client: &ClientInfo,
    ) -> Result<TokenPair, OpenSessionError> {
        self.open(user_id, version, client).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn refresh(
        &self,
        token: &RefreshToken,
        policy: RefreshPolicy,
        client: &ClientInfo,
    ) -> Result<TokenPair, RefreshError> {
        let is_wrong = |error: &RefreshError| matches!(error, RefreshError::Invalid | RefreshError::Revoked);
        guarded(&*self.limiter, &Attempt::Token, client, self.spend(token, policy, client), is_wrong).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn authenticate(&self, token: &AccessToken) -> Result<Caller, AuthenticateError> {
        self.identify(token).await
    }

    fn access_lifetime(&self) -> Duration {
        self.lifetimes.access
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn log_out(
        &self,
        caller: &Caller,
        refresh: Option<RefreshToken>,
        client: &ClientInfo,
    ) -> Result<(), LogOutError> {
        self.end(caller, refresh, client).await
    }
}

/// What the tokens of a session's current generation follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Basis {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub generation: Generation,
    pub rotated_at: Timestamp,
    pub idle_expires_at: Timestamp,
}

impl From<&Session> for Basis {
    fn from(session: &Session) -> Self {
        Self {
            user_id: session.user_id,
            session_id: session.id,
            generation: session.generation,
            rotated_at: session.rotated_at,
            idle_expires_at: session.idle_expires_at,
        }
    }
}

impl Sessions {
    /// The pair of a session's current generation.
    pub(super) fn pair(&self, basis: &Basis, now: Timestamp) -> Result<TokenPair, Outage> {
        Ok(TokenPair { access: self.access_token(basis, now)?, refresh: self.refresh_token(basis)? })
    }

    /// A new access token. It does not outlive its session, nor the refresh token: a session that is not open any longer
    /// has no token that works.
    pub(super) fn access_token(&self, basis: &Basis, now: Timestamp) -> Result<AccessToken, Outage> {
        let expires_at = now.plus(self.lifetimes.access).min(basis.idle_expires_at);
        let token_id = TokenId::new(now, random(&*self.secrets));
        Ok(AccessToken::new(self.sign(basis, TokenKind::Access, token_id, now, expires_at)?))
    }

    /// The refresh token of the session's current generation. Everything in it follows from the row, so that a retry is
    /// given the same one.
    fn refresh_token(&self, basis: &Basis) -> Result<RefreshToken, Outage> {
        let token_id = TokenId::of_refresh(basis.session_id, basis.generation);
        let kind = TokenKind::Refresh(basis.generation);
        Ok(RefreshToken::new(self.sign(basis, kind, token_id, basis.rotated_at, basis.idle_expires_at)?))
    }

    fn sign(
        &self,
        basis: &Basis,
        kind: TokenKind,
        token_id: TokenId,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<SecretString, SignError> {
        self.keys.sign(&Claims {
            subject: Subject::Account(basis.user_id),
            token_id,
            session_id: basis.session_id,
            kind,
            issued_at: issued_at.whole_seconds(),
            expires_at: expires_at.whole_seconds(),
        })
    }

    /// When the last access token of a session has expired that ends now.
    pub(super) fn last_access_expiry(&self) -> Timestamp {
        last_expiry(self.clock.now(), self.lifetimes.access)
    }
}
