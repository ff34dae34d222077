//! Limits on guessing (requirements L1 and L2).
//!
//! Whatever compares a secret that somebody presents asks the [`RateLimiter`] first, in the one place where it compares:
//! so that all ways to guess share their counters, whichever contract they came through, and a new one cannot forget to.
//! An attempt is counted before it is known how it ends, and taken back if it was no wrong guess: whoever knows their
//! password is never counted, and a crowd of simultaneous guesses is.

mod attempt;
mod fallback;
mod guarded;
mod limiter;
#[cfg(test)]
mod limiter_tests;
mod policy;
mod standing;
mod tally;

pub use attempt::Attempt;
pub use fallback::FallbackRateLimits;
pub use guarded::guarded;
pub use limiter::{Admission, Limits, RateLimiter, TooManyAttempts, Unlimited};
pub use policy::{Policy, Quotas};
pub use standing::{Standing, Standings};
pub use tally::{Decisions, Tally};

#[cfg(feature = "mock")]
pub use limiter::MockRateLimiter;
