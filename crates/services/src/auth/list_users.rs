//! Listing accounts.

use tessera_domain::{ErrorKind, User, UserId};
use tessera_repositories::UserPageRequest;

use super::Accounts;
use crate::Outage;
use crate::tokens::Caller;

/// Who may see the list of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListVisibility {
    /// Everybody.
    #[default]
    Public,
    /// Everybody with an account.
    Authenticated,
    /// Staff.
    Staff,
}

/// A request for a page.
#[derive(Debug, Clone)]
pub struct ListUsers {
    /// Who asks, if that is known.
    pub viewer: Option<Caller>,
    /// Which page.
    pub page: UserPageRequest,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserListing {
    /// The accounts, oldest first.
    pub users: Vec<User>,
    /// After which id the next page begins, if there is one.
    pub next_after: Option<UserId>,
    /// Whether the viewer may see addresses.
    pub shows_email: bool,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListUsersError {
    /// The list is not public, and it is not known who asks.
    #[error("the list of accounts needs authentication")]
    Unauthenticated,
    /// The list is for staff.
    #[error("the list of accounts is for staff")]
    Forbidden,
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl ListUsersError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl Accounts {
    pub(super) async fn list_page(&self, query: ListUsers) -> Result<UserListing, ListUsersError> {
        let viewer = match query.viewer {
            Some(caller) => self.remembered.find(caller.user_id).await?.filter(|user| user.is_active),
            None => None,
        };
        let is_staff = viewer.as_ref().is_some_and(|user| user.is_staff);
        match self.list_visibility {
            ListVisibility::Public => {}
            _ if viewer.is_none() => return Err(ListUsersError::Unauthenticated),
            ListVisibility::Staff if !is_staff => return Err(ListUsersError::Forbidden),
            ListVisibility::Authenticated | ListVisibility::Staff => {}
        }
        let page = self.users.list(query.page).await.map_err(Outage::from)?;
        let next_after = page.users.last().filter(|_| page.has_more).map(|user| user.id);
        Ok(UserListing { users: page.users, next_after, shows_email: is_staff })
    }
}
