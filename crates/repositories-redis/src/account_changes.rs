//! Changes of accounts in a database, where the sessions that end by them are announced.

use std::sync::Arc;

use async_trait::async_trait;
use tessera_domain::{Digest, Revocation, RevokedKey, SessionId, Timestamp, User, UserId};
use tessera_repositories::{
    AccountChangeRepository, AccountDeletion, ActivationOutcome, DeletionOutcome, PasswordChange,
    PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome, Result,
};

use crate::RedisBlacklist;

/// A repository of changes that announces what it has recorded as revoked, after it is durable.
#[derive(Clone)]
pub struct AnnouncedAccountChanges {
    changes: Arc<dyn AccountChangeRepository>,
    blacklist: RedisBlacklist,
}

impl AnnouncedAccountChanges {
    /// `changes`, whose revocations are announced on `blacklist`.
    pub fn new(changes: Arc<dyn AccountChangeRepository>, blacklist: &RedisBlacklist) -> Self {
        Self { changes, blacklist: blacklist.clone() }
    }

    async fn announce(&self, ended: &[SessionId], until: Timestamp) {
        let whole = |id: &SessionId| Revocation { key: RevokedKey::Session(*id), until };
        let revocations: Vec<_> = ended.iter().map(whole).collect();
        self.blacklist.announce(&revocations).await;
    }
}

#[async_trait]
impl AccountChangeRepository for AnnouncedAccountChanges {
    async fn change_password(&self, change: &PasswordChange) -> Result<PasswordChangeOutcome> {
        let outcome = self.changes.change_password(change).await?;
        if let PasswordChangeOutcome::Changed { ended, .. } = &outcome {
            self.announce(ended, change.revoke_until).await;
        }
        Ok(outcome)
    }

    async fn change_profile(&self, change: &ProfileChange) -> Result<ProfileChangeOutcome> {
        self.changes.change_profile(change).await
    }

    async fn confirm_email(&self, link: &Digest, at: Timestamp) -> Result<Option<User>> {
        self.changes.confirm_email(link, at).await
    }

    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        at: Timestamp,
        revoke_until: Timestamp,
    ) -> Result<ActivationOutcome> {
        let outcome = self.changes.set_active(id, is_active, at, revoke_until).await?;
        if let ActivationOutcome::Set { ended, .. } = &outcome {
            self.announce(ended, revoke_until).await;
        }
        Ok(outcome)
    }

    async fn delete(&self, deletion: &AccountDeletion) -> Result<DeletionOutcome> {
        let outcome = self.changes.delete(deletion).await?;
        if let DeletionOutcome::Deleted { ended, .. } = &outcome {
            self.announce(ended, deletion.revoke_until).await;
        }
        Ok(outcome)
    }
}
