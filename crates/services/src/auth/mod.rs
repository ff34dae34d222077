//! Accounts: making them, proving to own one, looking at them.

mod import_user;
#[cfg(test)]
mod import_user_tests;
mod list_users;
#[cfg(test)]
mod list_users_tests;
mod register;
#[cfg(test)]
mod register_tests;
mod remembered_users;
mod service;
mod verify_password;
#[cfg(test)]
mod verify_password_tests;

pub use import_user::{AccountImport, ImportOutcome, ImportUser, foresee_import};
pub use list_users::{ListUsers, ListUsersError, ListVisibility, UserListing};
pub use register::{RegisterError, RegisterUser};
pub use remembered_users::RememberedUsers;
pub use service::{Accounts, AuthService};
pub use tessera_repositories::UserPageRequest;
pub use verify_password::{PasswordVerifier, VerifyError};

#[cfg(feature = "mock")]
pub use service::MockAuthService;
