//! What the service means: accounts, tokens, mails, and the orchestrator that turns credentials into tokens.
//!
//! Services return domain values and typed errors with a [`kind`](tessera_domain::ErrorKind). They know neither HTTP nor
//! a driver: storage is behind the ports of `tessera-repositories`, the rest of the world behind [`ports`].

#![warn(missing_docs)]

pub mod activity;
pub mod auth;

mod client;
#[cfg(test)]
mod fixtures;
pub mod health;
pub mod housekeeping;
pub mod mail;
pub mod one_time;
pub mod orchestrator;
mod outage;
pub mod ports;
pub mod signing_keys;
pub mod tokens;
pub mod user_tokens;

pub use client::ClientInfo;
pub use outage::Outage;
