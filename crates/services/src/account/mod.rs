//! What the owner of an account does with it: signing up, looking at it, changing it, getting back into it.
//!
//! Whatever changes a password or an address is one step of the storage
//! ([`AccountChangeRepository`](tessera_repositories::AccountChangeRepository)), and takes with it what must not survive:
//! sessions, links, mails that would carry a link. Here is decided who may ask for it, and who is told afterwards.

mod change_password;
#[cfg(test)]
mod change_password_tests;
mod confirm_email;
#[cfg(test)]
mod confirm_email_tests;
mod delete_account;
#[cfg(test)]
mod delete_account_tests;
mod end_session;
mod find_profile;
#[cfg(test)]
mod fixtures;
mod list_activity;
mod list_sessions;
mod new_password;
#[cfg(test)]
mod own_sessions_tests;
mod replace_password;
mod request_password_reset;
mod resend_confirmation;
mod reset_password;
#[cfg(test)]
mod reset_password_tests;
mod service;
mod sign_up;
mod update_profile;
#[cfg(test)]
mod update_profile_tests;

pub use change_password::{ChangePassword, ChangePasswordError};
pub use confirm_email::{ConfirmEmail, ConfirmEmailError};
pub use delete_account::{DeleteAccount, DeleteAccountError};
pub use end_session::EndSessionError;
pub use find_profile::FindProfileError;
pub use list_activity::{ActivityListing, ActivityPageQuery};
pub use list_sessions::{SessionListing, SessionPageQuery};
pub use new_password::NewPassword;
pub use reset_password::{ResetPassword, ResetPasswordError};
pub use service::{AccountService, OwnAccounts};
pub use sign_up::SignUpError;
pub use update_profile::{UpdateProfile, UpdateProfileError};

#[cfg(feature = "mock")]
pub use service::MockAccountService;
