//! Every storage port on SQLite: the embedded default, which needs nothing but a folder.
//!
//! One [`SqliteStore`] owns one file and the threads that work on it: a single writer that commits whatever is waiting
//! together (group commit, so that one `fsync` serves many callers), and a few readers. No async worker ever touches
//! SQLite; it sends a closure and awaits the answer. The ports are thin types over a store: [`SqliteUsers`],
//! [`SqliteAccountChanges`], [`SqliteSessions`], [`SqliteRevocations`], [`SqliteOneTimeTokens`], [`SqliteUserTokens`],
//! [`SqliteActivity`], [`SqliteMailOutbox`], [`SqliteSigningKeys`].
//!
//! A write is acknowledged after its commit is on the disk (`synchronous = FULL`), and it either happens entirely or
//! not at all (invariant I4).

#![warn(missing_docs)]

mod account_changes;
mod activity_log;
mod column;
mod connection;
mod error;
mod file;
mod gauge;
mod health;
mod inspection;
mod mail_outbox;
mod migrate;
mod one_time_tokens;
mod prepared;
mod readers;
mod revocations;
mod schema;
mod sessions;
mod signing_keys;
mod store;
mod user_tokens;
mod users;
mod writer;

pub use account_changes::SqliteAccountChanges;
pub use activity_log::SqliteActivity;
pub use inspection::SqliteInspection;
pub use mail_outbox::SqliteMailOutbox;
pub use one_time_tokens::SqliteOneTimeTokens;
pub use revocations::SqliteRevocations;
pub use sessions::SqliteSessions;
pub use signing_keys::SqliteSigningKeys;
pub use store::{OpenError, SqliteStore, StoreOptions};
pub use user_tokens::SqliteUserTokens;
pub use users::SqliteUsers;
