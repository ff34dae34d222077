//! Django's `pbkdf2_sha256`, which it uses unless told otherwise: `pbkdf2_sha256$1000000$salt$hash`.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tessera_domain::PlainPassword;
use tessera_services::ports::UnusableHash;

/// The name of the scheme.
pub(super) const NAME: &str = "pbkdf2_sha256";

/// Five times Django's own, and one to four seconds of work: a request has to end within five.
const MOST_ITERATIONS: u32 = 5_000_000;
/// More than any column that Django keeps a hash in.
const LONGEST_SALT: usize = 256;

/// A readable hash, with a number of iterations that is worth computing.
pub(super) struct Pbkdf2Sha256 {
    iterations: NonZeroU32,
    salt: String,
    hash: [u8; 32],
}

impl Pbkdf2Sha256 {
    /// Reads `text`, what follows after the name of the scheme.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let mut parts = text.split('$');
        let (Some(iterations), Some(salt), Some(encoded), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnusableHash::Damaged);
        };
        let iterations = number(iterations)?;
        if salt.is_empty() || salt.len() > LONGEST_SALT {
            return Err(UnusableHash::Damaged);
        }
        let mut hash = [0; 32];
        match STANDARD.decode_slice(encoded, &mut hash) {
            Ok(32) => Ok(Self { iterations, salt: salt.to_owned(), hash }),
            _ => Err(UnusableHash::Damaged),
        }
    }

    /// Whether it is the hash of `password`; it compares in constant time.
    pub(super) fn is_of(&self, password: &PlainPassword) -> bool {
        let (salt, password) = (self.salt.as_bytes(), password.expose().as_bytes());
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, self.iterations, salt, password, &self.hash).is_ok()
    }
}

/// A number of iterations, in digits alone. One that has more of them than fit is dear, not damaged.
fn number(text: &str) -> Result<NonZeroU32, UnusableHash> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UnusableHash::Damaged);
    }
    match text.parse() {
        Ok(number) if number <= MOST_ITERATIONS => NonZeroU32::new(number).ok_or(UnusableHash::Damaged),
        _ => Err(UnusableHash::TooDear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, hash: &str) -> bool {
        let hash = Pbkdf2Sha256::parse(hash).expect("readable");
        hash.is_of(&PlainPassword::parse(text).expect("valid"))
    }

    #[test]
    fn reads_what_django_wrote() {
        // Made by Django 5.2, without the name of the scheme: the first with the number of iterations of that version.
        let known = [
            ("correct horse battery", "1000000$kJMNTdffvKlyMgtVlz9neg$Z1eOFkqjFMPX37glnZqyst7UzmL7Tg9/kt4yZOveGQA="),
            ("contraseña 🔑 пароль", "1000$WYqAydrdOMtFD8IR4gPSW7$aHRjIxr5KHeuFXyQ+GGLZYPNsPQVUFERYGsgqBnrKVU="),
            (&*"long ".repeat(30), "1000$KpHLzVMtsczii2s0Vu0byt$kF92yivTPsFsskCbqHLoDbn9vjpiLSpq+dG5fXU2Hew="),
        ];
        for (text, hash) in known {
            assert!(matches(text, hash), "{text}");
            assert!(!matches("something else", hash), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_damaged_and_what_is_too_dear() {
        let parse = |text: &str| Pbkdf2Sha256::parse(text).err();
        let hash = "aHRjIxr5KHeuFXyQ+GGLZYPNsPQVUFERYGsgqBnrKVU=";
        for iterations in ["5000001", "1000000000", "4294967296", "99999999999999999999999"] {
            assert_eq!(parse(&format!("{iterations}$salt${hash}")), Some(UnusableHash::TooDear), "{iterations}");
        }
        assert_eq!(parse(&format!("5000000$salt${hash}")), None);
        for damaged in [
            String::new(),
            "1000".to_owned(),
            "1000$salt".to_owned(),
            format!("0$salt${hash}"),
            format!("-1$salt${hash}"),
            format!("+1000$salt${hash}"),
            format!("$salt${hash}"),
            format!("1000$${hash}"),
            format!("1000${}${hash}", "s".repeat(300)),
            format!("1000$salt${hash}$"),
            "1000$salt$".to_owned(),
            format!("1000$salt${}", &hash[..40]),
            format!("1000$salt${hash}AAAA"),
            format!("1000$salt$é{}", &hash[2..]),
        ] {
            assert_eq!(parse(&damaged), Some(UnusableHash::Damaged), "{damaged}");
        }
    }
}
