//! The ports that may forget at any time, in the memory of one process: what stands beside a database that has no Redis.

#![warn(missing_docs)]

mod user_cache;

pub use user_cache::MemoryUserCache;
