//! Shutting an account out, and letting it in again.

use tessera_domain::{Revocation, RevokedKey, User, UserId};
use tessera_repositories::ActivationOutcome;

use super::{Administration, AdministrationError};
use crate::Outage;
use crate::tokens::Caller;

impl Administration {
    pub(super) async fn decide(&self, caller: &Caller, id: UserId, active: bool) -> Result<User, AdministrationError> {
        let staff = self.staff(caller).await?;
        if id == staff.id {
            return Err(AdministrationError::Yourself);
        }
        let account = self.users.find(id).await.map_err(Outage::from)?.ok_or(AdministrationError::Unknown)?;
        if (account.is_staff || account.is_superuser) && !staff.is_superuser {
            return Err(AdministrationError::Forbidden);
        }
        let now = self.clock.now();
        let until = now.plus(self.access_lifetime);
        match self.changes.set_active(id, active, now, until).await.map_err(Outage::from)? {
            ActivationOutcome::Unknown => Err(AdministrationError::Unknown),
            ActivationOutcome::Set { user, ended } => {
                let revocation = |session| Revocation { key: RevokedKey::Session(session), until };
                self.revoked.note(&ended.into_iter().map(revocation).collect::<Vec<_>>());
                self.remembered.forget_before(&user).await;
                let event = if active { "account_enabled" } else { "account_disabled" };
                tracing::info!(target: "audit", event, user_id = %id, by = %staff.id);
                Ok(user)
            }
        }
    }
}
