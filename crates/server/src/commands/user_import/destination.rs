//! Where accounts go, or would.

use std::sync::Arc;

use tessera_repositories::UserRepository;
use tessera_services::Outage;
use tessera_services::auth::{AccountImport, ImportOutcome, ImportUser, foresee_import};

/// Where the accounts go.
pub enum Destination {
    /// Into the storage.
    Real(AccountImport),
    /// Into a storage that is only asked what would become of them.
    Foreseen(Arc<dyn UserRepository>),
    /// The same, where there is no storage yet: nobody is there.
    Nowhere,
}

impl Destination {
    /// Sends an account there.
    pub async fn take(&self, account: ImportUser) -> Result<ImportOutcome, Outage> {
        match self {
            Self::Real(import) => import.import(account).await,
            Self::Foreseen(users) => foresee_import(&**users, &account).await,
            Self::Nowhere => Ok(ImportOutcome::Imported),
        }
    }

    /// Whether anything changes there.
    pub fn is_real(&self) -> bool {
        matches!(self, Self::Real(_))
    }
}
