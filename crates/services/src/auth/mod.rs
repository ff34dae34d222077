//! Accounts: making them, proving to own one, looking at them.

mod list_users;
mod register;
mod service;
mod verify_password;

pub use list_users::{ListUsers, ListUsersError, ListVisibility, UserListing};
pub use register::{RegisterError, RegisterUser};
pub use service::{Accounts, AuthService};
pub use verify_password::{PasswordVerifier, VerifyError};

#[cfg(feature = "mock")]
pub use service::MockAuthService;
