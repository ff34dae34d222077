//! The ports that may forget, in the memory of one process: what stands beside a database that has no Redis.

#![warn(missing_docs)]

mod rate_limits;
mod user_cache;

pub use rate_limits::MemoryRateLimits;
pub use user_cache::MemoryUserCache;
