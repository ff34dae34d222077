//! Tokens for users whom other services own: making a pair, refreshing it, validating it, ending it.
//!
//! Such a user is no account. It has an id and a name that another service gave, one pair of tokens at a time, and no
//! password; that service asks for the pair, and [`ServiceAccess`] decides which programs may. The row of the pair is the
//! truth about it: it is read each time, and a token counts only if it is the one that the row names.

mod invalidate;
#[cfg(test)]
mod invalidate_tests;
mod mint;
#[cfg(test)]
mod mint_tests;
mod refresh;
#[cfg(test)]
mod refresh_tests;
#[cfg(test)]
mod sample;
mod service;
mod service_access;
mod validate;
#[cfg(test)]
mod validate_tests;

pub use invalidate::InvalidateError;
pub use mint::{MintError, MintTokens};
pub use refresh::RefreshError;
pub use service::{UserTokenService, UserTokens};
pub use service_access::{ServiceAccess, ServiceCall};
pub use validate::ValidateError;

#[cfg(feature = "mock")]
pub use service::MockUserTokenService;
