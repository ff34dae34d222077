//! Changing what an account says about its owner.

use tessera_domain::{
    ActivityEvent, Email, ErrorKind, FullName, Identifier, MailKind, PlainPassword, User, UserId, Username,
};
use tessera_repositories::{EmailChange, ProfileChange, ProfileChangeOutcome};

use super::OwnAccounts;
use crate::auth::VerifyError;
use crate::tokens::Caller;
use crate::{ClientInfo, Outage};

/// A change of profile. What is `None` stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// Whose.
    pub caller: Caller,
    /// The new full name.
    pub full_name: Option<FullName>,
    /// The new username.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<Email>,
    /// The password, which a new address needs.
    pub current_password: Option<PlainPassword>,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// A new address needs the password, and none was given.
    #[error("the current password is missing")]
    PasswordMissing,
    /// What was given as the password is not the current one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Another account has the address or the username.
    #[error("the address or the username is taken")]
    Taken {
        /// Whether it has the address.
        email: bool,
        /// Whether it has the username.
        username: bool,
    },
    /// The account is gone or disabled, or its password was changed while this one was verified.
    #[error("the account is not the caller's any longer")]
    Gone,
    /// Something else did not work. Whether the profile was changed is then not known.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl UpdateProfileError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::PasswordMissing | Self::WrongPassword => ErrorKind::InvalidInput,
            Self::Taken { .. } => ErrorKind::Conflict,
            Self::Gone => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<VerifyError> for UpdateProfileError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Wrong { .. } => Self::WrongPassword,
            VerifyError::Outage(outage) => Self::Outage(outage),
        }
    }
}

impl UpdateProfile {
    /// What of it is new to `user`. An address in another spelling is the same one; a name is what is shown of it.
    fn new_to(self, user: &User) -> Self {
        let shown = user.username.as_ref().map(Username::as_str);
        Self {
            full_name: self.full_name.filter(|name| user.full_name.as_ref() != Some(name)),
            username: self.username.filter(|name| shown != Some(name.as_str())),
            email: self.email.filter(|email| user.email != *email),
            ..self
        }
    }

    fn is_empty(&self) -> bool {
        self.full_name.is_none() && self.username.is_none() && self.email.is_none()
    }
}

impl OwnAccounts {
    pub(super) async fn change_profile(&self, command: UpdateProfile) -> Result<User, UpdateProfileError> {
        let user_id = command.caller.user_id;
        // The row itself: what is a change must not be judged by a version that was remembered.
        let found = self.users.find(user_id).await.map_err(Outage::from)?;
        let user = found.filter(|user| user.is_active).ok_or(UpdateProfileError::Gone)?;
        let command = command.new_to(&user);
        if command.is_empty() {
            return Ok(user);
        }
        let email = match command.email {
            Some(email) => {
                Some(self.change_of_address(user_id, email, command.current_password, &command.client).await?)
            }
            None => None,
        };
        let UpdateProfile { full_name, username, client, .. } = command;
        let change = ProfileChange { user_id, full_name, username, email, at: self.clock.now() };
        match self.changes.change_profile(&change).await.map_err(Outage::from)? {
            ProfileChangeOutcome::Changed(user) => {
                self.mails.bell.ring();
                self.remembered.forget_before(&user).await;
                self.activity.record(user_id, ActivityEvent::ProfileChanged, &client);
                tracing::info!(target: "audit", event = "profile_changed", %user_id, address = change.email.is_some());
                Ok(user)
            }
            ProfileChangeOutcome::Taken { email, username } => Err(UpdateProfileError::Taken { email, username }),
            ProfileChangeOutcome::Superseded => Err(UpdateProfileError::Gone),
        }
    }

    /// A new address, by the leave of the password (requirement A4).
    async fn change_of_address(
        &self,
        user_id: UserId,
        email: Email,
        password: Option<PlainPassword>,
        client: &ClientInfo,
    ) -> Result<EmailChange, UpdateProfileError> {
        let password = password.ok_or(UpdateProfileError::PasswordMissing)?;
        let verified = self.passwords.verify(Some(&Identifier::Id(user_id)), &password, client).await?;
        let mails = vec![
            self.mails.mail(MailKind::EmailChanged, verified.user.email),
            self.mails.mail(MailKind::EmailConfirmation, email.clone()),
        ];
        Ok(EmailChange { email, version: verified.version, mails })
    }
}
