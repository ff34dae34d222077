//! Writing a mail: who its recipient is by now, and the secret of its link.

use std::time::Duration;

use tessera_domain::{Identifier, MailKind, OneTimePurpose, OneTimeSecret, OneTimeToken, QueuedMail, User};
use tessera_repositories::{Earlier, KeepOutcome, RepositoryError};

use super::MailSender;
use super::letter::{Letter, Link};
use super::schedule::is_stale;
use crate::ports::random;

/// How long a link that confirms an address works.
const CONFIRMATION_LIFETIME: Duration = Duration::from_hours(24);

impl MailSender {
    /// What to send; nothing if there is nobody to send it to, or no longer a reason. The news go to the address that
    /// they were queued for, whoever has it by now; a link needs an account.
    pub(super) async fn write(&self, mail: &QueuedMail) -> Result<Option<Letter>, RepositoryError> {
        match mail.kind {
            MailKind::PasswordChanged => Ok(Some(Letter::PasswordChanged(mail.queued_at))),
            MailKind::EmailChanged => Ok(Some(Letter::EmailChanged(mail.queued_at))),
            MailKind::PasswordReset if is_stale(mail, self.clock.now()) => Ok(None),
            MailKind::PasswordReset => {
                let Some(user) = self.find_recipient(mail).await? else { return Ok(None) };
                let lifetime = self.letterhead.reset_lifetime;
                let link = self.make_link(user, OneTimePurpose::PasswordReset, "reset-password", lifetime).await?;
                Ok(link.map(Letter::PasswordReset))
            }
            MailKind::EmailConfirmation => {
                let unverified = self.find_recipient(mail).await?.filter(|user| !user.is_verified);
                let Some(user) = unverified else { return Ok(None) };
                let (purpose, lifetime) = (OneTimePurpose::EmailVerification, CONFIRMATION_LIFETIME);
                let link = self.make_link(user, purpose, "verify-email", lifetime).await?;
                Ok(link.map(Letter::EmailConfirmation))
            }
        }
    }

    async fn find_recipient(&self, mail: &QueuedMail) -> Result<Option<User>, RepositoryError> {
        let found = self.users.find_credentials(&Identifier::Email(mail.recipient.clone())).await?;
        Ok(found.map(|credentials| credentials.user).filter(|user| user.is_active))
    }

    /// The one link of its account and purpose that works from now on (requirement A5); none if there no longer is such an
    /// account.
    async fn make_link(
        &self,
        user: User,
        purpose: OneTimePurpose,
        page: &str,
        lifetime: Duration,
    ) -> Result<Option<Link>, RepositoryError> {
        let secret = OneTimeSecret::new(random(&*self.secrets));
        let expires_at = self.clock.now().plus(lifetime);
        let token = OneTimeToken { digest: secret.digest(), purpose, user_id: user.id, expires_at };
        if self.links.insert(&token, Earlier::Replace).await? == KeepOutcome::NoAccount {
            return Ok(None);
        }
        let url = format!("{}/{page}?token={}", self.letterhead.frontend_url, secret.reveal()).into();
        Ok(Some(Link { url, name: user.full_name, lifetime }))
    }
}
