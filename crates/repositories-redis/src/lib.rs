//! The short-lived storage ports on Redis, for several instances behind one server.
//!
//! One [`RedisStore`] owns a connection that all callers share, the runtime that it lives on, and another connection for each
//! worker of a web server. The ports are thin types over a store: [`RedisOneTimeTokens`], [`RedisRateLimits`] and
//! [`RedisUserCache`] keep their data there alone; whether who a token belongs to still has an account,
//! [`OwnedOneTimeTokens`] asks a database. Revocations are kept in a database, and Redis has a copy for other services and
//! news for other instances: [`RedisBlacklist`], which [`RedisRevocations`], [`AnnouncedSessions`] and
//! [`AnnouncedAccountChanges`] write after the database.
//!
//! Redis may lose what it was given, and it may come back with what it had before. Nothing here breaks a promise then: a
//! token that is lost is unknown, one that was written before the server started anew is not believed, and what was
//! revoked is in the database. Each method is one command or one script, or a share of one, none is repeated by itself,
//! and each ends in time (invariant I5). Nothing here takes a moment for the present but the one that is passed in.

#![warn(missing_docs)]

mod account_changes;
mod blacklist;
mod error;
mod gathering;
mod health;
mod inspection;
mod keys;
mod link;
mod links;
mod live_owners;
mod one_time_tokens;
mod owned_one_time_tokens;
mod rate_limits;
mod revocations;
mod sessions;
mod store;
mod target;
mod user_cache;

pub use account_changes::AnnouncedAccountChanges;
pub use blacklist::RedisBlacklist;
pub use inspection::RedisInspection;
pub use one_time_tokens::RedisOneTimeTokens;
pub use owned_one_time_tokens::OwnedOneTimeTokens;
pub use rate_limits::RedisRateLimits;
pub use revocations::RedisRevocations;
pub use sessions::AnnouncedSessions;
pub use store::{ConnectError, RedisStore, StoreOptions};
pub use user_cache::RedisUserCache;
