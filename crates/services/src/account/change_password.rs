//! Changing a password by whoever knows it.

use tessera_domain::{ActivityEvent, ErrorKind, Identifier, PasswordProblem, PlainPassword, TokenPair};
use tessera_repositories::Authority;

use super::new_password::Unsuitable;
use super::replace_password::Replacement;
use super::{NewPassword, OwnAccounts};
use crate::auth::VerifyError;
use crate::tokens::{Caller, OpenSessionError};
use crate::{ClientInfo, Outage};

/// A change of password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// Whose.
    pub caller: Caller,
    /// The password until now.
    pub current: PlainPassword,
    /// The password from now on.
    pub new: NewPassword,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// Why the password is not changed, or there are no tokens to go on with.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// What was given as the current password is not the current one, or was replaced by another change meanwhile.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new password breaks these rules.
    #[error("the new password is too weak")]
    Weak(Vec<PasswordProblem>),
    /// The new password was not typed the same twice.
    #[error("the new passwords differ")]
    Differ,
    /// The account is disabled, or its credentials changed once more before a session could be opened.
    #[error("the account is not the caller's any longer")]
    Gone,
    /// Something else did not work. Whether the password was changed is then not known.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ChangePasswordError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::WrongPassword | Self::Weak(_) | Self::Differ => ErrorKind::InvalidInput,
            Self::Gone => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<VerifyError> for ChangePasswordError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Wrong { .. } => Self::WrongPassword,
            VerifyError::Outage(outage) => Self::Outage(outage),
        }
    }
}

impl From<Unsuitable> for ChangePasswordError {
    fn from(unsuitable: Unsuitable) -> Self {
        match unsuitable {
            Unsuitable::Weak(problems) => Self::Weak(problems),
            Unsuitable::Differ => Self::Differ,
        }
    }
}

impl From<OpenSessionError> for ChangePasswordError {
    fn from(error: OpenSessionError) -> Self {
        match error {
            OpenSessionError::Superseded => Self::Gone,
            OpenSessionError::Outage(outage) => Self::Outage(outage),
        }
    }
}

impl OwnAccounts {
    pub(super) async fn change_own_password(&self, command: ChangePassword) -> Result<TokenPair, ChangePasswordError> {
        let user_id = command.caller.user_id;
        let verified = self.passwords.verify(Some(&Identifier::Id(user_id)), &command.current, &command.client).await?;
        if !verified.user.is_active {
            return Err(ChangePasswordError::Gone);
        }
        let password = command.new.suitable_for(Some(&verified.user))?;
        let replaced = self.replace_password(Replacement {
            authority: Authority::Password { user_id, version: verified.version },
            password,
            recipient: verified.user.email,
            event: ActivityEvent::PasswordChanged,
            client: &command.client,
        });
        let (_, version) = replaced.await?.ok_or(ChangePasswordError::WrongPassword)?;
        Ok(self.tokens.open_session(user_id, version, &command.client).await?)
    }
}
