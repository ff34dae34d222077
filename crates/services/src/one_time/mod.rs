//! One-time tokens: made for an account, and spent by the first who presents them (requirement T7).

mod consume;
mod create;
mod service;
#[cfg(test)]
mod service_tests;

pub use consume::ConsumeOneTimeTokenError;
pub use create::{CreateOneTimeTokenError, NewOneTimeToken};
pub use service::{OneTimeTokenService, OneTimeTokens};

#[cfg(feature = "mock")]
pub use service::MockOneTimeTokenService;
