//! Tokens: opening a session, refreshing it, proving who calls with it, ending it.

mod authenticate;
mod log_out;
mod open_session;
mod refresh;
mod revocation_mirror;
mod revocation_news;
mod service;
#[cfg(test)]
mod session_tests;

pub use authenticate::{AuthenticateError, Caller};
pub use log_out::LogOutError;
pub use open_session::OpenSessionError;
pub use refresh::RefreshError;
pub use revocation_mirror::{MirrorStanding, RevocationMirror};
pub use revocation_news::RevocationNews;
pub use service::{Lifetimes, Sessions, TokenService};

#[cfg(feature = "mock")]
pub use service::MockTokenService;
