//! Looking at one's own account.

use tessera_domain::{ErrorKind, User};

use super::OwnAccounts;
use crate::Outage;
use crate::tokens::Caller;

/// Why there is nothing to look at.
#[derive(Debug, thiserror::Error)]
pub enum FindProfileError {
    /// The account is gone, or disabled: whoever calls is nobody's owner any longer.
    #[error("there is no such active account")]
    Gone,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl FindProfileError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Gone => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl OwnAccounts {
    pub(super) async fn find_own(&self, caller: &Caller) -> Result<User, FindProfileError> {
        let found = self.remembered.find(caller.user_id).await?;
        found.filter(|user| user.is_active).ok_or(FindProfileError::Gone)
    }
}
