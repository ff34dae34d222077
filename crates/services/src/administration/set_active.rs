//! Shutting an account out, and letting it in again.

use tessera_domain::{User, UserId};

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
        self.activation.set_active(id, active, Some(staff.id)).await?.ok_or(AdministrationError::Unknown)
    }
}
