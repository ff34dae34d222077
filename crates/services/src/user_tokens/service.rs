//! The service of these tokens: its trait, and the parts its operations work with.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{
    AccessToken, Claims, Digest, ExternalId, IssuedToken, RefreshToken, SessionId, Subject, Timestamp, TokenId,
    TokenKind, TokenPair,
};
use tessera_repositories::UserTokenRepository;

use super::{InvalidateError, MintError, MintTokens, RefreshError, ValidateError};
use crate::Outage;
use crate::ports::{Clock, SecretSource, random};
use crate::signing_keys::KeysInUse;
use crate::tokens::Lifetimes;

/// Tokens of users whom other services own.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserTokenService: Send + Sync {
    /// Makes a pair. An earlier one of that user is dead from the moment this returns.
    async fn mint(&self, command: &MintTokens) -> Result<TokenPair, MintError>;

    /// Makes a new access token for the holder of the refresh token, which stays good. The earlier access token is dead
    /// from the moment this returns.
    async fn refresh(&self, subject: &ExternalId, token: &RefreshToken) -> Result<AccessToken, RefreshError>;

    /// Whether this is the access token of that user, and still counts.
    async fn validate(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), ValidateError>;

    /// Ends the pair that this access token belongs to. Both of its tokens are dead from the moment this returns.
    async fn invalidate(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), InvalidateError>;
}

/// The implementation of [`UserTokenService`]. Each operation is in the file named after it.
pub struct UserTokens {
    /// Where the pairs are kept.
    pub pairs: Arc<dyn UserTokenRepository>,
    /// What signs and verifies.
    pub keys: KeysInUse,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub secrets: Arc<dyn SecretSource>,
    /// How long things live. A pair lives as long as its refresh token, which is an idle session.
    pub lifetimes: Lifetimes,
}

#[async_trait]
impl UserTokenService for UserTokens {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn mint(&self, command: &MintTokens) -> Result<TokenPair, MintError> {
        self.mint_pair(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn refresh(&self, subject: &ExternalId, token: &RefreshToken) -> Result<AccessToken, RefreshError> {
        self.renew_access(subject, token).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn validate(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), ValidateError> {
        self.check(subject, token).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn invalidate(&self, subject: &ExternalId, token: &AccessToken) -> Result<(), InvalidateError> {
        self.end(subject, token).await
    }
}

/// A token in the making.
pub(super) struct NewToken {
    /// Whom it is about.
    pub subject: Subject,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// What it is for.
    pub kind: TokenKind,
    /// When it is made.
    pub now: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl UserTokens {
    /// The signed form for its owner, and what is kept of it.
    pub(super) fn issue(&self, new: NewToken) -> Result<(SecretString, IssuedToken), Outage> {
        let claims = Claims {
            subject: new.subject,
            token_id: TokenId::new(new.now, random(&*self.secrets)),
            session_id: new.session_id,
            kind: new.kind,
            issued_at: new.now.whole_seconds(),
            expires_at: new.expires_at.whole_seconds(),
        };
        let signed = self.keys.sign(&claims)?;
        let issued = IssuedToken {
            token_id: claims.token_id,
            digest: Digest::of(signed.expose_secret().as_bytes()),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        };
        Ok((signed, issued))
    }
}

/// Whether a verified token is of this user, and the very one that is kept. A token of an account is neither, whatever its
/// id looks like (requirement T3).
pub(super) fn is_own(claims: &Claims, text: &str, subject: &ExternalId, kept: &IssuedToken) -> bool {
    claims.subject == Subject::External(subject.clone()) && kept.digest == Digest::of(text.as_bytes())
}
