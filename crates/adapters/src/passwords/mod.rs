//! Password hashing: bcrypt in Django's encoding, on threads of its own.
//!
//! A hash is a third of a second of pure computation, and a login storm is thousands of them. So nothing of it runs on
//! an async worker; `pool` runs as many as there are cores, at low priority, and `admission` turns away whoever
//! would wait too long. `stored` reads the formats that a stored hash may have: that of every new hash, `bcrypt_sha256`,
//! and those of the systems that accounts are brought along from. A further one is one more file, and a few lines there.

mod admission;
mod argon2;
mod bcrypt_plain;
mod bcrypt_sha256;
mod bcrypt_text;
mod cost;
mod hasher;
mod pbkdf2_sha256;
mod pool;
mod priority;
mod stored;
mod top_up;

pub use cost::{BcryptCost, CostOutOfRange};
pub use hasher::{BcryptHasher, HashingSettings};
pub use pool::{HashPoolGauge, HashPoolState};
pub use stored::strong_beginnings;

/// The memory that a verification takes is not there now. Nothing is known of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OutOfMemory;
