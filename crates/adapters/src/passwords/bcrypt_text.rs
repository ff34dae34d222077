//! bcrypt as every language writes it: `$2b$12$`, then salt and hash in 53 characters. What is hashed, the password
//! or a digest of it, is the business of the schemes: `bcrypt_sha256` and `bcrypt_plain`.

use bcrypt::{BcryptError, BcryptResult, HashParts, hash_with_salt};
use subtle::ConstantTimeEq as _;
use tessera_domain::PlainPassword;
use tessera_services::ports::UnusableHash;

use super::cost::BcryptCost;

/// A hash that was computed only for its time needs no good salt.
const NO_SALT: [u8; 16] = [0; 16];
/// The variant of a version of `crypt_blowfish` that took part of some characters twice. No hash of ours is of it, and
/// neither Django nor passlib reads it.
const FLAWED: &str = "$2x$";

/// A readable hash, of a cost that is worth computing.
pub(super) struct BcryptText {
    parts: HashParts,
    cost: BcryptCost,
}

impl BcryptText {
    /// Reads a hash. `$2a$`, `$2b$` and `$2y$` are the same function by the name of three programs.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        if text.starts_with(FLAWED) {
            return Err(UnusableHash::Unsupported);
        }
        let parts: HashParts = text.parse().map_err(|_| UnusableHash::Damaged)?;
        match BcryptCost::new(parts.get_cost()) {
            Ok(cost) => Ok(Self { parts, cost }),
            Err(_) if parts.get_cost() > BcryptCost::MAX.get() => Err(UnusableHash::TooDear),
            Err(_) => Err(UnusableHash::Damaged),
        }
    }

    /// A new hash of `input`, of which bcrypt reads the first 72 bytes.
    pub(super) fn make(input: &[u8], cost: BcryptCost, salt: [u8; 16]) -> BcryptResult<Self> {
        #[cfg(test)]
        meter::count(cost);
        Ok(Self { parts: hash_with_salt(input, cost.get(), salt)?, cost })
    }

    /// The cost of the hash: the work of comparing.
    pub(super) fn cost(&self) -> BcryptCost {
        self.cost
    }

    /// Whether it is the hash of `input`. Both are written anew, so that the three names compare as one.
    pub(super) fn is_of(&self, input: &[u8]) -> bool {
        let computed = Self::make(input, self.cost, self.parts.get_salt_raw());
        computed.is_ok_and(|computed| computed.to_string().as_bytes().ct_eq(self.to_string().as_bytes()).into())
    }
}

impl std::fmt::Display for BcryptText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.fmt(f)
    }
}

/// Does the work of one hash, for nothing but the time it takes.
pub(super) fn burn(password: &PlainPassword, cost: BcryptCost) {
    let _unused: Result<_, BcryptError> =
        std::hint::black_box(BcryptText::make(password.expose().as_bytes(), cost, NO_SALT));
}

/// Counts the rounds of bcrypt on the thread of a test: work is compared as a number, since times are noise.
#[cfg(test)]
pub(super) mod meter {
    use std::cell::Cell;

    use super::BcryptCost;

    thread_local!(static ROUNDS: Cell<u64> = const { Cell::new(0) });

    pub(super) fn count(cost: BcryptCost) {
        ROUNDS.set(ROUNDS.get() + (1 << cost.get()));
    }

    /// The rounds that `work` took.
    pub(in super::super) fn rounds_of(work: impl FnOnce()) -> u64 {
        let before = ROUNDS.get();
        work();
        ROUNDS.get() - before
    }
}
