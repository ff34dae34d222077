//! Every storage port on PostgreSQL, for several instances behind one database: file for file the twin of the SQLite
//! storage.
//!
//! One [`PostgresStore`] owns the connections, and a runtime for those that belong to nobody's thread. A port method becomes
//! one task: whoever asked may go away, the task comes to its end or is undone with its runtime, so that no transaction is
//! ever cut in the middle. The ports are thin types over a store: [`PostgresUsers`], [`PostgresAccountChanges`],
//! [`PostgresSessions`], [`PostgresRevocations`], [`PostgresOneTimeTokens`], [`PostgresUserTokens`], [`PostgresActivity`],
//! [`PostgresMailOutbox`], [`PostgresSigningKeys`]. There is no cache of accounts here, since a cache is no matter of
//! the database.
//!
//! A write is acknowledged after its commit, and it either happens entirely or not at all (invariant I4). Each method
//! ends in time, whatever the server does (invariant I5), and nothing here reads a clock of the database: the present
//! moment is passed in.

#![warn(missing_docs)]

mod account_changes;
mod activity_log;
mod column;
mod connection;
mod error;
mod gauge;
mod health;
mod inspection;
mod mail_outbox;
mod migrate;
mod one_time_tokens;
mod pool;
mod prepared;
mod reach;
mod revocations;
mod schema;
mod sessions;
mod sessions_kept;
mod signing_keys;
mod store;
mod tls;
mod turn;
mod user_tokens;
mod users;

pub use account_changes::PostgresAccountChanges;
pub use activity_log::PostgresActivity;
pub use inspection::PostgresInspection;
pub use mail_outbox::PostgresMailOutbox;
pub use one_time_tokens::PostgresOneTimeTokens;
pub use revocations::PostgresRevocations;
pub use sessions::PostgresSessions;
pub use signing_keys::PostgresSigningKeys;
pub use store::{ConnectError, PostgresStore, StoreOptions};
pub use user_tokens::PostgresUserTokens;
pub use users::PostgresUsers;
