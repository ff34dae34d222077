//! Password hashing: bcrypt in Django's encoding, on threads of its own.
//!
//! A hash is a third of a second of pure computation, and a login storm is thousands of them. So nothing of it runs on
//! an async worker; `pool` runs as many as there are cores, at low priority, and `admission` turns away whoever
//! would wait too long. `stored` reads the formats that a stored hash may have; a further one is one more file beside
//! `bcrypt_sha256` and one more line there.

mod admission;
mod bcrypt_sha256;
mod cost;
mod hasher;
mod pool;
mod priority;
mod stored;

pub use cost::{BcryptCost, CostOutOfRange};
pub use hasher::{BcryptHasher, HashingSettings};
