//! Accounts: making them, proving to own one, looking at them.

mod list_users;
#[cfg(test)]
mod list_users_tests;
mod register;
#[cfg(test)]
mod register_tests;
mod service;
mod verify_password;
#[cfg(test)]
mod verify_password_tests;

pub use list_users::{ListUsers, ListUsersError, ListVisibility, UserListing};
pub use register::{RegisterError, RegisterUser};
pub use service::{Accounts, AuthService};
pub use verify_password::{PasswordVerifier, VerifyError};

#[cfg(feature = "mock")]
pub use service::MockAuthService;
