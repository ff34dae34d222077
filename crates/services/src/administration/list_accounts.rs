//! Looking at accounts.

use tessera_domain::{Identifier, User, UserId};
use tessera_repositories::UserPageRequest;

use super::{Administration, AdministrationError};
use crate::Outage;
use crate::tokens::Caller;

/// A request for accounts.
#[derive(Debug, Clone)]
pub struct ListAccounts {
    /// Who asks.
    pub caller: Caller,
    /// Which ones.
    pub which: WhichAccounts,
}

/// Which accounts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichAccounts {
    /// A page of all.
    Page(UserPageRequest),
    /// The one with this address or username; nobody's, if it is none.
    Named(Option<Identifier>),
}

/// Some accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts, oldest first.
    pub users: Vec<User>,
    /// After which id the next page begins, if there is one.
    pub next_after: Option<UserId>,
}

impl Administration {
    pub(super) async fn page(&self, query: ListAccounts) -> Result<AccountPage, AdministrationError> {
        self.staff(&query.caller).await?;
        match query.which {
            WhichAccounts::Page(request) => {
                let page = self.users.list(request).await.map_err(Outage::from)?;
                let next_after = page.users.last().filter(|_| page.has_more).map(|user| user.id);
                Ok(AccountPage { users: page.users, next_after })
            }
            WhichAccounts::Named(None) => Ok(AccountPage { users: Vec::new(), next_after: None }),
            WhichAccounts::Named(Some(name)) => {
                let found = self.users.find_credentials(&name).await.map_err(Outage::from)?;
                Ok(AccountPage { users: found.into_iter().map(|found| found.user).collect(), next_after: None })
            }
        }
    }
}
