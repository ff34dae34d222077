//! The service of an account's owner: its trait, and the parts its operations work with.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Email, SessionId, TokenPair, User};
use tessera_repositories::{
    AccountChangeRepository, ActivityRepository, OneTimeTokenRepository, SessionRepository, UserRepository,
};

use super::{
    ActivityListing, ActivityPageQuery, ChangePassword, ChangePasswordError, ConfirmEmail, ConfirmEmailError,
    DeleteAccount, DeleteAccountError, EndSessionError, FindProfileError, ResetPassword, ResetPasswordError,
    SessionListing, SessionPageQuery, SignUpError, UpdateProfile, UpdateProfileError,
};
use crate::activity::ActivityRecorder;
use crate::auth::{AuthService, PasswordVerifier, RegisterUser, RememberedUsers};
use crate::limits::RateLimiter;
use crate::mail::MailQueue;
use crate::orchestrator::LoginGrant;
use crate::ports::Clock;
use crate::tokens::{Caller, RevocationMirror, TokenService};
use crate::{ClientInfo, Outage};

/// What the owner of an account does with it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountService: Send + Sync {
    /// Makes an account and opens its first session.
    async fn sign_up(&self, command: RegisterUser) -> Result<LoginGrant, SignUpError>;

    /// The account of the caller.
    async fn find_profile(&self, caller: &Caller) -> Result<User, FindProfileError>;

    /// Changes what is given of the caller's account, all or nothing; what is the same already is no change. A new
    /// address needs the password. It is unverified until it was confirmed, and the old one is told (requirement A4).
    async fn update_profile(&self, command: UpdateProfile) -> Result<User, UpdateProfileError>;

    /// Spends a link that was mailed to an address: the address is verified from now on.
    async fn confirm_email(&self, command: ConfirmEmail) -> Result<(), ConfirmEmailError>;

    /// Has a new link mailed to the caller's address, unless it is verified. When it is sent, the one before it is worthless.
    async fn resend_confirmation(&self, caller: &Caller, client: &ClientInfo) -> Result<(), FindProfileError>;

    /// Replaces the caller's password. Every session of the account ends, and every link it was mailed is worthless; the
    /// caller goes on with the pair of a new session (requirement T6). The owner is told by mail.
    async fn change_password(&self, command: ChangePassword) -> Result<TokenPair, ChangePasswordError>;

    /// Deletes the caller's account and everything that belongs to it, by the leave of its password. Nothing that it covered
    /// is accepted from the moment this returns; its address and its username are free again.
    async fn delete_account(&self, command: DeleteAccount) -> Result<(), DeleteAccountError>;

    /// Has a link for a new password mailed to an address, if it is an account's. Whether it is, is not looked at here:
    /// the work is the same, and so is the time it takes (requirement A5).
    async fn request_password_reset(&self, email: Email, client: &ClientInfo) -> Result<(), Outage>;

    /// Replaces a password by the leave of a link that was mailed. Of any number of simultaneous calls with one link, one
    /// succeeds (invariant I1), and every session of the account ends. A password that is refused spends no link.
    async fn reset_password(&self, command: ResetPassword) -> Result<(), ResetPasswordError>;

    /// A page of what happened to the caller's account. What was done before the call is in it.
    async fn list_activity(&self, caller: &Caller, page: ActivityPageQuery) -> Result<ActivityListing, Outage>;

    /// A page of the caller's open sessions, whichever contract they were opened through.
    async fn list_sessions(&self, caller: &Caller, page: SessionPageQuery) -> Result<SessionListing, Outage>;

    /// Ends one session of the caller's account, which may be the caller's own. Its tokens are refused from the moment this
    /// returns (requirement T6).
    async fn end_session(&self, caller: &Caller, id: SessionId, client: &ClientInfo) -> Result<(), EndSessionError>;

    /// Ends every session of the caller's account but the caller's own. Returns how many open ones those were.
    async fn end_other_sessions(&self, caller: &Caller, client: &ClientInfo) -> Result<usize, Outage>;
}

/// The implementation of [`AccountService`]. Each operation is in the file named after it.
pub struct OwnAccounts {
    /// What makes accounts.
    pub auth: Arc<dyn AuthService>,
    /// What opens sessions.
    pub tokens: Arc<dyn TokenService>,
    /// Where they are kept.
    pub sessions: Arc<dyn SessionRepository>,
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// The same, remembered.
    pub remembered: RememberedUsers,
    /// What verifies passwords, and hashes new ones.
    pub passwords: PasswordVerifier,
    /// How often somebody may be wrong, or ask for a mail.
    pub limiter: Arc<dyn RateLimiter>,
    /// What changes accounts.
    pub changes: Arc<dyn AccountChangeRepository>,
    /// The links that were mailed.
    pub links: Arc<dyn OneTimeTokenRepository>,
    /// One-time tokens that are no links, which may be kept elsewhere than the accounts.
    pub one_time_tokens: Arc<dyn OneTimeTokenRepository>,
    /// Where mails are queued.
    pub mails: MailQueue,
    /// What was revoked.
    pub revoked: Arc<RevocationMirror>,
    /// Where it is noted what happens.
    pub activity: Arc<dyn ActivityRecorder>,
    /// Where it is kept.
    pub activity_log: Arc<dyn ActivityRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl AccountService for OwnAccounts {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn sign_up(&self, command: RegisterUser) -> Result<LoginGrant, SignUpError> {
        self.register_and_open(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn find_profile(&self, caller: &Caller) -> Result<User, FindProfileError> {
        self.find_own(caller).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn update_profile(&self, command: UpdateProfile) -> Result<User, UpdateProfileError> {
        self.change_profile(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn confirm_email(&self, command: ConfirmEmail) -> Result<(), ConfirmEmailError> {
        self.confirm(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn resend_confirmation(&self, caller: &Caller, client: &ClientInfo) -> Result<(), FindProfileError> {
        self.queue_confirmation(caller, client).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn change_password(&self, command: ChangePassword) -> Result<TokenPair, ChangePasswordError> {
        self.change_own_password(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn delete_account(&self, command: DeleteAccount) -> Result<(), DeleteAccountError> {
        self.delete_own(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn request_password_reset(&self, email: Email, client: &ClientInfo) -> Result<(), Outage> {
        self.queue_reset(email, client).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn reset_password(&self, command: ResetPassword) -> Result<(), ResetPasswordError> {
        self.reset(command).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn list_activity(&self, caller: &Caller, page: ActivityPageQuery) -> Result<ActivityListing, Outage> {
        self.list_own_activity(caller, page).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn list_sessions(&self, caller: &Caller, page: SessionPageQuery) -> Result<SessionListing, Outage> {
        self.list_own_sessions(caller, page).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn end_session(&self, caller: &Caller, id: SessionId, client: &ClientInfo) -> Result<(), EndSessionError> {
        self.end_named(caller, id, client).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn end_other_sessions(&self, caller: &Caller, client: &ClientInfo) -> Result<usize, Outage> {
        self.end_others(caller, client).await
    }
}
