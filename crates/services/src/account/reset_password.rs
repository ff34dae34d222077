//! Choosing a new password by the leave of a link that was mailed (requirement A5).

use tessera_domain::{ActivityEvent, Digest, ErrorKind, OneTimePurpose, OneTimeSecret, PasswordProblem, User};
use tessera_repositories::Authority;

use super::new_password::Unsuitable;
use super::replace_password::Replacement;
use super::{NewPassword, OwnAccounts};
use crate::limits::{Attempt, guarded};
use crate::{ClientInfo, Outage};

/// A new password, and the secret of the link that permits it.
#[derive(Debug)]
pub struct ResetPassword {
    /// The secret; none if what was given can be no link's.
    pub secret: Option<OneTimeSecret>,
    /// The password from now on.
    pub new: NewPassword,
    /// Where it comes from.
    pub client: ClientInfo,
}

/// Why the password is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The new password breaks these rules.
    #[error("the new password is too weak")]
    Weak(Vec<PasswordProblem>),
    /// The new password was not typed the same twice.
    #[error("the new passwords differ")]
    Differ,
    /// The link was used, has expired, was replaced by a newer one or never was; which of them is not told.
    #[error("is not a link that could be used")]
    InvalidLink,
    /// Something else did not work. Whether the password was replaced is then not known.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ResetPasswordError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Weak(_) | Self::Differ | Self::InvalidLink => ErrorKind::InvalidInput,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl From<Unsuitable> for ResetPasswordError {
    fn from(unsuitable: Unsuitable) -> Self {
        match unsuitable {
            Unsuitable::Weak(problems) => Self::Weak(problems),
            Unsuitable::Differ => Self::Differ,
        }
    }
}

impl OwnAccounts {
    /// The password is looked at before the link is spent, so that a weak one costs nobody the link; and before the link
    /// is hashed for, so that a guess at a link costs no hash.
    pub(super) async fn reset(&self, command: ResetPassword) -> Result<(), ResetPasswordError> {
        let client = command.client.clone();
        let is_wrong = |error: &ResetPasswordError| matches!(error, ResetPasswordError::InvalidLink);
        guarded(&*self.limiter, &Attempt::Token, &client, self.replace_by_link(command), is_wrong).await
    }

    async fn replace_by_link(&self, command: ResetPassword) -> Result<(), ResetPasswordError> {
        let link = command.secret.as_ref().map(OneTimeSecret::digest);
        let owner = match &link {
            Some(link) => self.owner_of(link).await?,
            None => None,
        };
        let password = command.new.suitable_for(owner.as_ref())?;
        let (Some(link), Some(owner)) = (link, owner) else { return Err(ResetPasswordError::InvalidLink) };
        let replaced = self.replace_password(Replacement {
            authority: Authority::Link(link),
            password,
            recipient: owner.email,
            event: ActivityEvent::PasswordReset,
            client: &command.client,
        });
        replaced.await?.map(|_| ()).ok_or(ResetPasswordError::InvalidLink)
    }

    /// The account that a live link for a new password was mailed to.
    async fn owner_of(&self, link: &Digest) -> Result<Option<User>, Outage> {
        match self.links.find(link, OneTimePurpose::PasswordReset, self.clock.now()).await? {
            Some(token) => Ok(self.users.find(token.user_id).await?.filter(|user| user.is_active)),
            None => Ok(None),
        }
    }
}
