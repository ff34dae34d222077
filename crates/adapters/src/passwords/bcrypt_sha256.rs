//! Django's `bcrypt_sha256`, the encoding of every new hash, and its older `bcrypt`.
//!
//! bcrypt reads 72 bytes of its input and stops at a NUL. Under `bcrypt_sha256` it is given the SHA-256 of the password
//! as 64 lower-case hexadecimal digits: no password is truncated, and no byte of it means anything special
//! (requirement A3). The encoded form is the name of the scheme, `$`, and bcrypt's own text: `bcrypt_sha256$$2b$12$…`.

use std::fmt::Write as _;

use bcrypt::{BcryptResult, HashParts, non_truncating_hash_with_salt};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tessera_domain::{PasswordHash, PlainPassword};
use zeroize::Zeroizing;

use super::cost::BcryptCost;

/// The name of the scheme that new hashes are of.
pub(super) const NAME: &str = "bcrypt_sha256";
/// The name of Django's older scheme, which gives the password to bcrypt as it is.
pub(super) const PLAIN_NAME: &str = "bcrypt";

/// A hash that was computed only for its time needs no good salt.
const NO_SALT: [u8; 16] = [0; 16];

/// What came of comparing a password with a readable hash.
pub(super) struct Comparison {
    pub right: bool,
    /// The cost of the hash, which is the work that was done.
    pub cost: BcryptCost,
}

/// A new hash of `password`.
pub(super) fn encode(password: &PlainPassword, cost: BcryptCost, salt: [u8; 16]) -> BcryptResult<PasswordHash> {
    let hash = bcrypt(hex_digest(password).as_bytes(), cost, salt)?;
    Ok(PasswordHash::from_encoded(format!("{NAME}${hash}")))
}

/// Compares `password` with `hash`, the text after the name of the scheme and its `$`. None if that is damaged, or
/// dearer than [`BcryptCost::MAX`].
pub(super) fn compare(password: &PlainPassword, hash: &str) -> Option<Comparison> {
    compare_input(hex_digest(password).as_bytes(), hash)
}

/// The same under the older scheme. A password of 72 bytes or more is wrong: bcrypt could not tell it from others.
pub(super) fn compare_plain(password: &PlainPassword, hash: &str) -> Option<Comparison> {
    compare_input(password.expose().as_bytes(), hash)
}

/// Does the work of one hash, for nothing but the time it takes.
pub(super) fn burn(password: &PlainPassword, cost: BcryptCost) {
    let _unused = std::hint::black_box(bcrypt(hex_digest(password).as_bytes(), cost, NO_SALT));
}

fn compare_input(input: &[u8], hash: &str) -> Option<Comparison> {
    let stored: HashParts = hash.parse().ok()?;
    let cost = BcryptCost::new(stored.get_cost()).ok()?;
    let computed = bcrypt(input, cost, stored.get_salt_raw()).ok()?;
    // Both are written anew, so that `$2a$` and `$2y$`, which are the same function, compare as `$2b$`.
    let right = computed.to_string().as_bytes().ct_eq(stored.to_string().as_bytes()).into();
    Some(Comparison { right, cost })
}

fn bcrypt(input: &[u8], cost: BcryptCost, salt: [u8; 16]) -> BcryptResult<HashParts> {
    #[cfg(test)]
    meter::count(cost);
    non_truncating_hash_with_salt(input, cost.get(), salt)
}

fn hex_digest(password: &PlainPassword) -> Zeroizing<String> {
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for byte in Sha256::digest(password.expose()) {
        let _infallible = write!(hex, "{byte:02x}");
    }
    hex
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

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> PlainPassword {
        PlainPassword::parse(text).expect("valid")
    }

    #[test]
    fn writes_djangos_encoding() {
        let hash = encode(&password("correct horse"), BcryptCost::MIN, [7; 16]).expect("hashed");
        let bcrypt_text = hash.expose().strip_prefix("bcrypt_sha256$").expect("scheme");
        assert!(bcrypt_text.starts_with("$2b$04$"));
        assert_eq!(bcrypt_text.len(), 60);
    }

    #[test]
    fn bcrypt_sees_the_lower_case_hex_digest() {
        // SHA-256 of "abc" (FIPS 180-4).
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(*hex_digest(&password("abc")), digest);
        let hash = encode(&password("abc"), BcryptCost::MIN, [7; 16]).expect("hashed");
        let bcrypt_text = hash.expose().strip_prefix("bcrypt_sha256$").expect("scheme");
        assert!(bcrypt::verify(digest, bcrypt_text).expect("readable"));
    }

    #[test]
    fn reads_what_django_wrote() {
        // Made by Django 1.6; published in the test suite of passlib.
        let known = [
            ("l\u{e8}tmein", "$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC"),
            ("t\u{e1}\u{411}\u{2113}\u{259}", "$2a$06$kCXUnRFQptGg491siDKNTu8RxjBGSjALHRuvhPYNFsa4Ea5d9M48u"),
        ];
        for (text, hash) in known {
            let comparison = compare(&password(text), hash).expect("readable");
            assert!(comparison.right, "{text}");
            assert!(!compare(&password("something else"), hash).expect("readable").right);
        }
    }
}
