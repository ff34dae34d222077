//! Django's `bcrypt_sha256`, the encoding of every new hash.
//!
//! bcrypt reads 72 bytes of its input and stops at a NUL. Here it is given the SHA-256 of the password
//! as 64 lower-case hexadecimal digits: no password is truncated, and no byte of it means anything special
//! (requirement A3). The encoded form is the name of the scheme, `$`, and bcrypt's own text: `bcrypt_sha256$$2b$12$…`.

use std::fmt::Write as _;

use bcrypt::BcryptResult;
use sha2::{Digest as _, Sha256};
use tessera_domain::{PasswordHash, PlainPassword};
use zeroize::Zeroizing;

use super::bcrypt_text::BcryptText;
use super::cost::BcryptCost;

/// The name of the scheme.
pub(super) const NAME: &str = "bcrypt_sha256";

/// A new hash of `password`.
pub(super) fn encode(password: &PlainPassword, cost: BcryptCost, salt: [u8; 16]) -> BcryptResult<PasswordHash> {
    let hash = BcryptText::make(hex_digest(password).as_bytes(), cost, salt)?;
    Ok(PasswordHash::from_encoded(format!("{NAME}${hash}")))
}

/// Whether `hash`, the text after the name of the scheme, is that of `password`.
pub(super) fn is_of(hash: &BcryptText, password: &PlainPassword) -> bool {
    hash.is_of(hex_digest(password).as_bytes())
}

fn hex_digest(password: &PlainPassword) -> Zeroizing<String> {
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for byte in Sha256::digest(password.expose()) {
        let _infallible = write!(hex, "{byte:02x}");
    }
    hex
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
        let known = [
            // Made by Django 1.6; published in the test suite of passlib.
            ("l\u{e8}tmein", "$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC"),
            ("t\u{e1}\u{411}\u{2113}\u{259}", "$2a$06$kCXUnRFQptGg491siDKNTu8RxjBGSjALHRuvhPYNFsa4Ea5d9M48u"),
            // Made by Django 5.2.
            ("correct horse battery", "$2b$04$nZQVvMjjOALhx5hBarLkOOZDRBnBtoY3Ba3hYFrTApkcAwU8a.b.6"),
            ("contraseña 🔑 пароль", "$2b$04$Bfuy3418w3zIjCdgyUj92OePgDr12uAHqGC7oq16QnX/5hiqmSjEu"),
            (&*"long ".repeat(30), "$2b$04$LBNrk7LUOeJsiSp0DsrtwOh1/EnrjziKaEAtokptw0qaXHVXHYgBq"),
        ];
        for (text, hash) in known {
            let hash = BcryptText::parse(hash).expect("readable");
            assert!(is_of(&hash, &password(text)), "{text}");
            assert!(!is_of(&hash, &password("something else")));
        }
    }
}
