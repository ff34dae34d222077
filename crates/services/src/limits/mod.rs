//! Limits on guessing (requirements L1 and L2).
//!
//! Whatever compares a secret that somebody presents asks the [`RateLimiter`] first, in the one place where it compares:
//! so that all ways to guess share their counters, whichever contract they came through, and a new one cannot forget to.
//! A password is counted before it is known whether it is right, and taken back if it was no wrong guess: whoever knows
//! theirs is never counted, and a crowd of simultaneous guesses is. A token is too long to be guessed. A wrong one is counted
//! when that is known, and beyond the limit the answer says no more than that; one that is right asks no counter.

mod attempt;
mod fallback;
mod guarded;
mod known;
mod limiter;
#[cfg(test)]
mod limiter_tests;
mod policy;
mod standing;
mod tally;

pub use attempt::Attempt;
pub use fallback::FallbackRateLimits;
pub use guarded::guarded;
pub use known::KnownArrivals;
pub use limiter::{Admission, Limits, RateLimiter, TooManyAttempts, Unlimited};
pub use policy::{Policy, Quotas};
pub use standing::{Standing, Standings};
pub use tally::{Decisions, Tally};

#[cfg(feature = "mock")]
pub use limiter::MockRateLimiter;
