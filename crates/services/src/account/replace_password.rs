//! Replacing a password: what a change and a reset have in common.

use tessera_domain::{
    ActivityEvent, Email, MailKind, PlainPassword, Revocation, RevokedKey, SecurityVersion, SessionId, Timestamp, User,
    last_expiry,
};
use tessera_repositories::{Authority, PasswordChange, PasswordChangeOutcome};

use super::OwnAccounts;
use crate::{ClientInfo, Outage};

/// A password that is to take the place of another.
pub(super) struct Replacement<'a> {
    /// By whose leave.
    pub authority: Authority,
    /// The password; it was found to be a good one.
    pub password: PlainPassword,
    /// Whom to tell.
    pub recipient: Email,
    /// What it is called in the activity log.
    pub event: ActivityEvent,
    /// Where it comes from.
    pub client: &'a ClientInfo,
}

impl OwnAccounts {
    /// Hashes and replaces. The account as it is now, and the version of its credentials; `None` if the authority does not
    /// hold, or not any longer.
    pub(super) async fn replace_password(
        &self,
        replacement: Replacement<'_>,
    ) -> Result<Option<(User, SecurityVersion)>, Outage> {
        let Replacement { authority, password, recipient, event, client } = replacement;
        let password_hash = self.passwords.hasher.hash(password).await?;
        let at = self.clock.now();
        let revoke_until = last_expiry(at, self.tokens.access_lifetime());
        let notice = self.mails.mail(MailKind::PasswordChanged, recipient);
        let change = PasswordChange { authority, password_hash, at, revoke_until, notice };
        match self.changes.change_password(&change).await? {
            PasswordChangeOutcome::Changed { user, version, ended } => {
                self.forget_sessions(ended, revoke_until);
                self.mails.bell.ring();
                self.remembered.forget_before(&user).await;
                self.activity.record(user.id, event, client);
                tracing::info!(target: "audit", event = event.name(), user_id = %user.id);
                Ok(Some((user, version)))
            }
            PasswordChangeOutcome::Refused => Ok(None),
        }
    }

    /// Their access tokens die here and now, not only when the mirror comes across the revocations in its log.
    pub(super) fn forget_sessions(&self, ended: impl IntoIterator<Item = SessionId>, until: Timestamp) {
        let revocations: Vec<_> =
            ended.into_iter().map(|id| Revocation { key: RevokedKey::Session(id), until }).collect();
        self.revoked.note(&revocations);
    }
}
