//! The outside world that is neither storage nor HTTP: the clock, randomness, password hashing, signed tokens and
//! mail.
//!
//! Every type here stands behind a port of [`tessera_services::ports`] and is put in place by the server's composition
//! root. Nothing here decides anything about accounts or sessions.

#![warn(missing_docs)]

mod clock;
pub mod jwt;
pub mod mail;
mod os_secrets;
pub mod passwords;

pub use clock::SystemClock;
pub use os_secrets::OsSecrets;
