//! Sixteen tasks that start together: what must not both win, what must not survive, and what must be seen as one.

mod survivors;
mod whole;
mod winners;

pub(super) use survivors::rotation;
pub use survivors::*;
pub use whole::*;
pub use winners::*;

/// A race that is lost once in many times is lost: each is run this often.
pub(super) const ROUNDS: usize = 10;
