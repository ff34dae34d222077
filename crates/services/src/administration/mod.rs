//! What staff may do with the accounts of others: look at them, and shut them out or let them in again.
//!
//! Staff is who the account says it is at this moment, not when its token was made: a token of somebody who is no longer
//! staff, or was disabled, does nothing here.

mod activation;
mod list_accounts;
mod service;
mod set_active;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub use list_accounts::{AccountPage, ListAccounts, WhichAccounts};
pub use service::{Administration, AdministrationError, AdministrationService};

#[cfg(feature = "mock")]
pub use service::MockAdministrationService;
