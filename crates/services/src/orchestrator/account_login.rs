//! An account's login: password, active accounts only, a session.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{ActivityEvent, Credentials, Identifier, PlainPassword, TokenPair, User};
use tessera_repositories::UserRepository;

use super::{CredentialVerifier, Flow, IssuancePolicy, Refusal, RequestTokenError, TokenIssuer};
use crate::activity::ActivityRecorder;
use crate::auth::{PasswordVerifier, RememberedUsers, VerifyError};
use crate::ports::Clock;
use crate::tokens::{OpenSessionError, TokenService};
use crate::{ClientInfo, Outage};

/// The flow of an account's login.
#[derive(Debug)]
pub struct AccountLogin;

impl Flow for AccountLogin {
    type Request = LoginRequest;
    type Principal = Credentials;
    type Grant = LoginGrant;
}

/// A login.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// Which account; none if what was given can be nobody's.
    pub identifier: Option<Identifier>,
    /// The password.
    pub password: PlainPassword,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// What a login is answered with.
#[derive(Debug, Clone)]
pub struct LoginGrant {
    /// The account, this login noted.
    pub user: User,
    /// The tokens of its new session.
    pub tokens: TokenPair,
}

/// Verifies the password.
pub struct AccountVerifier {
    /// What verifies.
    pub passwords: PasswordVerifier,
    /// Where failures are noted.
    pub activity: Arc<dyn ActivityRecorder>,
}

#[async_trait]
impl CredentialVerifier<AccountLogin> for AccountVerifier {
    async fn verify(&self, request: &LoginRequest) -> Result<Credentials, VerifyError> {
        let verified = self.passwords.verify(request.identifier.as_ref(), &request.password, &request.client).await;
        if let Err(VerifyError::Wrong { owner }) = &verified {
            // The name that was tried is not logged: people type passwords there.
            tracing::info!(target: "audit", event = "login_failed");
            if let Some(owner) = owner {
                self.activity.record(*owner, ActivityEvent::LoginFailed, &request.client);
            }
        }
        verified
    }
}

/// Refuses disabled accounts.
#[derive(Debug)]
pub struct ActiveAccounts;

impl IssuancePolicy<AccountLogin> for ActiveAccounts {
    fn permit(&self, principal: &Credentials) -> Result<(), Refusal> {
        if principal.user.is_active { Ok(()) } else { Err(Refusal::Inactive) }
    }
}

/// Opens a session and notes the login.
pub struct SessionIssuer {
    /// What opens sessions.
    pub tokens: Arc<dyn TokenService>,
    /// Where logins are noted.
    pub users: Arc<dyn UserRepository>,
    /// The same, remembered.
    pub remembered: RememberedUsers,
    /// Where logins are noted for their owner.
    pub activity: Arc<dyn ActivityRecorder>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl TokenIssuer<AccountLogin> for SessionIssuer {
    async fn issue(&self, request: &LoginRequest, principal: Credentials) -> Result<LoginGrant, RequestTokenError> {
        let (user_id, version) = (principal.user.id, principal.version);
        let tokens = self.tokens.open_session(user_id, version, &request.client).await?;
        let now = self.clock.now();
        let ip = request.client.ip;
        self.users.record_login(principal.user.id, now, ip).await.map_err(Outage::from)?;
        let user = User { last_login: Some(now), last_login_ip: ip, updated_at: now, ..principal.user };
        self.remembered.forget_before(&user).await;
        self.activity.record(user.id, ActivityEvent::LoggedIn, &request.client);
        tracing::info!(target: "audit", event = "login", user_id = %user.id);
        Ok(LoginGrant { user, tokens })
    }
}

impl From<OpenSessionError> for RequestTokenError {
    fn from(error: OpenSessionError) -> Self {
        match error {
            OpenSessionError::Superseded => Self::WrongCredentials,
            OpenSessionError::Outage(outage) => Self::Outage(outage),
        }
    }
}
