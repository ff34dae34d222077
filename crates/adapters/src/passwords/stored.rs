//! Verifying a password against whatever is stored for the account.
//!
//! How long it takes must not tell what is stored: an unknown account, a damaged hash, an old cheap one and that of another
//! system all cost what a hash of today costs, so that the time of a refusal does not enumerate accounts (requirement A1).
//! Only a hash dearer than the present setting shows, until its owner logs in once.

use std::time::Instant;

use tessera_domain::{PasswordHash, PlainPassword};
use tessera_services::ports::{UnusableHash, Verdict};

use super::OutOfMemory;
use super::argon2::{self, Argon2Hash};
use super::bcrypt_text::{BcryptText, burn};
use super::cost::BcryptCost;
use super::pbkdf2_sha256::{self, Pbkdf2Sha256};
use super::top_up::top_up;
use super::{bcrypt_plain, bcrypt_sha256};

/// How Django marks an account that has no password: a hash that nothing matches.
const NO_PASSWORD: char = '!';
/// The longest hash that is taken over, in bytes. Real ones have about a hundred.
const LONGEST: usize = 1_024;

/// Schemes of Django and passlib that are not read; their names tell a hash from a password that somebody mistook for one.
const UNSUPPORTED: &[&str] =
    &["bcrypt-sha256", "md5", "pbkdf2-sha256", "pbkdf2-sha512", "pbkdf2_sha1", "scrypt", "sha1", "1", "5", "6", "y"];

/// A hash that was understood: one variant a scheme.
enum Stored {
    BcryptSha256(BcryptText),
    BcryptPlain(BcryptText),
    Pbkdf2Sha256(Pbkdf2Sha256),
    Argon2(Argon2Hash),
}

/// Verifies `password`, with at least the work of one hash of cost `current` for every refusal.
pub(super) fn verify(
    password: &PlainPassword,
    hash: Option<&PasswordHash>,
    current: BcryptCost,
) -> Result<Verdict, OutOfMemory> {
    let Some(stored) = hash.and_then(|hash| Stored::parse(hash).ok()) else {
        burn(password, current);
        return Ok(Verdict::Wrong);
    };
    let started = Instant::now();
    if stored.is_of(password)? {
        return Ok(Verdict::Right { outdated: stored.is_outdated(current) });
    }
    match &stored {
        Stored::BcryptSha256(hash) | Stored::BcryptPlain(hash) => {
            hash.cost().up_to(current).for_each(|missing| burn(password, missing));
        }
        Stored::Pbkdf2Sha256(_) | Stored::Argon2(_) => top_up(password, started.elapsed(), current),
    }
    Ok(Verdict::Wrong)
}

/// How the hashes begin that are as good as a new one of cost `current`.
pub fn strong_beginnings(current: BcryptCost) -> Vec<String> {
    let costs = current.get()..=BcryptCost::MAX.get();
    costs.map(|cost| format!("{}$$2b${cost:02}$", bcrypt_sha256::NAME)).collect()
}

/// Whether any password could be right for `hash`, or none is meant to be.
pub(super) fn check(hash: &PasswordHash) -> Result<(), UnusableHash> {
    let text = hash.expose();
    if text.len() > LONGEST || text.contains(char::is_control) {
        return Err(UnusableHash::Damaged);
    }
    if text.starts_with(NO_PASSWORD) {
        return Ok(());
    }
    Stored::parse(hash).map(|_| ())
}

impl Stored {
    fn parse(hash: &PasswordHash) -> Result<Self, UnusableHash> {
        let text = hash.expose();
        let (scheme, rest) = text.split_once('$').ok_or(UnusableHash::Unrecognised)?;
        match scheme {
            bcrypt_sha256::NAME => BcryptText::parse(rest).map(Self::BcryptSha256),
            bcrypt_plain::NAME => BcryptText::parse(rest).map(Self::BcryptPlain),
            pbkdf2_sha256::NAME => Pbkdf2Sha256::parse(rest).map(Self::Pbkdf2Sha256),
            argon2::NAME => Argon2Hash::parse(rest).map(Self::Argon2),
            "" if rest.starts_with("argon2") => Argon2Hash::parse(rest).map(Self::Argon2),
            "" if rest.starts_with('2') => BcryptText::parse(text).map(Self::BcryptPlain),
            "" => Err(unreadable(rest.split('$').next().unwrap_or_default())),
            other => Err(unreadable(other)),
        }
    }

    fn is_of(&self, password: &PlainPassword) -> Result<bool, OutOfMemory> {
        match self {
            Self::BcryptSha256(hash) => Ok(bcrypt_sha256::is_of(hash, password)),
            Self::BcryptPlain(hash) => Ok(bcrypt_plain::is_of(hash, password)),
            Self::Pbkdf2Sha256(hash) => Ok(hash.is_of(password)),
            Self::Argon2(hash) => hash.is_of(password),
        }
    }

    /// Whether a new hash would be better. Those of other systems always are outdated.
    fn is_outdated(&self, current: BcryptCost) -> bool {
        !matches!(self, Self::BcryptSha256(hash) if hash.cost() >= current)
    }
}

fn unreadable(scheme: &str) -> UnusableHash {
    if UNSUPPORTED.contains(&scheme) { UnusableHash::Unsupported } else { UnusableHash::Unrecognised }
}

#[cfg(test)]
mod tests {
    use super::super::bcrypt_text::meter::rounds_of;
    use super::*;

    const RIGHT: &str = "correct horse";

    fn cost(cost: u32) -> BcryptCost {
        BcryptCost::new(cost).expect("in range")
    }

    fn hash_of(text: &str, at: u32) -> PasswordHash {
        bcrypt_sha256::encode(&PlainPassword::parse(text).expect("valid"), cost(at), [7; 16]).expect("hashed")
    }

    fn check(text: &str, hash: &PasswordHash, current: u32) -> Verdict {
        verify(&PlainPassword::parse(text).expect("valid"), Some(hash), cost(current)).expect("memory")
    }

    #[test]
    fn tells_right_from_wrong() {
        let hash = hash_of(RIGHT, 4);
        assert_eq!(check(RIGHT, &hash, 4), Verdict::Right { outdated: false });
        for wrong in ["correct hors", "correct horse ", "Correct horse", "🔑"] {
            assert_eq!(check(wrong, &hash, 4), Verdict::Wrong, "{wrong}");
        }
    }

    #[test]
    fn is_outdated_below_the_present_cost_only() {
        assert_eq!(check(RIGHT, &hash_of(RIGHT, 4), 5), Verdict::Right { outdated: true });
        assert_eq!(check(RIGHT, &hash_of(RIGHT, 6), 5), Verdict::Right { outdated: false });
    }

    #[test]
    fn a_hash_that_is_not_outdated_begins_like_a_strong_one() {
        let strong = strong_beginnings(cost(5));
        let is_strong = |hash: PasswordHash| strong.iter().any(|beginning| hash.expose().starts_with(beginning));
        assert!(is_strong(hash_of(RIGHT, 5)) && is_strong(hash_of(RIGHT, 6)) && !is_strong(hash_of(RIGHT, 4)));
        assert!(OF_OTHERS.iter().all(|text| !is_strong(PasswordHash::from_encoded(*text))));
    }

    #[test]
    fn every_byte_of_a_long_password_counts() {
        let long = "x".repeat(1_000);
        let hash = hash_of(&long, 4);
        assert_eq!(check(&long, &hash, 4), Verdict::Right { outdated: false });
        assert_eq!(check(&format!("{}y", &long[1..]), &hash, 4), Verdict::Wrong);
        assert_eq!(check(&long[..72], &hash, 4), Verdict::Wrong);
    }

    /// The same password under every other scheme, as Django 5.2, passlib 1.7 and argon2-cffi 25 wrote it.
    const OF_OTHERS: [&str; 6] = [
        "bcrypt$$2b$04$fZTF/MHISSaktDBWo70ej.RBr4oTVt026aWqTlmDOgz8Hatiuf24i",
        "$2a$04$ixnWi.BOqViUIED3fKYt9ecLTK7bhyd3bwe6bdsaUGjdBwIj9LAvK",
        "$2y$04$e3O2JdkYe6FOPpeWI.Zpl.hGQ8bI7WiODm3QRrhS3R1NAW3j3SiwK",
        "pbkdf2_sha256$1000$WYqAydrdOMtFD8IR4gPSW7$aHRjIxr5KHeuFXyQ+GGLZYPNsPQVUFERYGsgqBnrKVU=",
        "argon2$argon2i$v=19$m=512,t=2,p=2$eTNFcHdpUzJBV2xTbnE5T2pwZDJQYw$/jlx+hCi5l0h2L2WUgJ16YkyuQZWCe+uTmAqHeQDFRQ",
        "$argon2id$v=19$m=512,t=1,p=1$36UVcIUT/7M9GH82q+1dtg$xD/oDNZq3bJlmcZN94TaUj/PsxXoIbhgIJ8FzTbpF2Q",
    ];

    #[test]
    fn the_hashes_of_other_systems_are_read_and_outdated() {
        for text in OF_OTHERS {
            let hash = PasswordHash::from_encoded(text);
            assert_eq!(check("contraseña 🔑 пароль", &hash, 4), Verdict::Right { outdated: true }, "{text}");
            assert_eq!(check(RIGHT, &hash, 4), Verdict::Wrong, "{text}");
            assert_eq!(super::check(&hash), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_refusal_by_the_hash_of_another_system_costs_no_less() {
        let wrong = PlainPassword::parse("wrong").expect("valid");
        let rounds = |text: &str| {
            let hash = PasswordHash::from_encoded(text);
            rounds_of(|| assert_eq!(verify(&wrong, Some(&hash), cost(7)), Ok(Verdict::Wrong)))
        };
        for bcrypt in &OF_OTHERS[..3] {
            assert_eq!(rounds(bcrypt), 1 << 7, "{bcrypt}");
        }
        // How much of a whole hash the others are is timed, not known; the least is one step.
        for other in &OF_OTHERS[3..] {
            assert!((1 << 4..=1 << 7).contains(&rounds(other)), "{other}");
        }
    }

    #[test]
    fn tells_what_is_wrong_with_a_hash_before_it_is_taken() {
        let check = |text: &str| super::check(&PasswordHash::from_encoded(text));
        for none in ["!", "!iW75S0JzMUa2wF4omKsiNLK8C9Y0VoOZhIVLh50V"] {
            assert_eq!(check(none), Ok(()), "{none}");
        }
        for clear in ["", "securepassword123", "pa$$word", "$ecret", "hunter2$", "5f4dcc3b5aa765d61d8327deb882cf99"] {
            assert_eq!(check(clear), Err(UnusableHash::Unrecognised), "{clear}");
        }
        for unsupported in ["md5$salt$hash", "$pbkdf2-sha256$29000$salt$hash", "$6$salt$hash", "$2x$04$salt"] {
            assert_eq!(check(unsupported), Err(UnusableHash::Unsupported), "{unsupported}");
        }
        for damaged in ["bcrypt$", "bcrypt_sha256$", "pbkdf2_sha256$", "argon2$", "$2b$12$", "$argon2id$"] {
            assert_eq!(check(damaged), Err(UnusableHash::Damaged), "{damaged}");
        }
        let long = format!("!{}", "x".repeat(LONGEST));
        for no_text in ["!\0", &OF_OTHERS[3].replace("WYqA", "WY\0A"), &OF_OTHERS[3].replace("WYqA", "WY\nA"), &long] {
            assert_eq!(check(no_text), Err(UnusableHash::Damaged), "{no_text}");
        }
        let dear = [
            OF_OTHERS[0].replace("$04$", "$16$"),
            OF_OTHERS[1].replace("$04$", "$31$"),
            OF_OTHERS[3].replace("$1000$", "$1000000000$"),
            OF_OTHERS[4].replace("m=512", "m=4194304"),
        ];
        for dear in dear {
            assert_eq!(check(&dear), Err(UnusableHash::TooDear), "{dear}");
        }
    }

    #[test]
    fn a_damaged_hash_is_a_wrong_password() {
        for damaged in damaged_hashes() {
            let hash = PasswordHash::from_encoded(damaged.clone());
            assert_eq!(check(RIGHT, &hash, 4), Verdict::Wrong, "{damaged}");
        }
    }

    #[test]
    fn every_refusal_costs_the_same() {
        let wrong = PlainPassword::parse("wrong").expect("valid");
        let rounds =
            |hash: Option<&PasswordHash>| rounds_of(|| assert_eq!(verify(&wrong, hash, cost(7)), Ok(Verdict::Wrong)));
        assert_eq!(rounds(None), 1 << 7);
        for age in 4..=7 {
            assert_eq!(rounds(Some(&hash_of(RIGHT, age))), 1 << 7, "{age}");
        }
        for damaged in damaged_hashes() {
            assert_eq!(rounds(Some(&PasswordHash::from_encoded(damaged.clone()))), 1 << 7, "{damaged}");
        }
    }

    /// Things that a database may hold where a hash belongs.
    fn damaged_hashes() -> Vec<String> {
        let good = hash_of(RIGHT, 4).expose().to_owned();
        let bcrypt_text = good.strip_prefix("bcrypt_sha256$").expect("scheme").to_owned();
        vec![
            String::new(),
            "!".to_owned(),
            "$".to_owned(),
            "bcrypt_sha256".to_owned(),
            "bcrypt_sha256$".to_owned(),
            "bcrypt_sha256$$".to_owned(),
            // Another scheme, no scheme, the scheme in other letters.
            bcrypt_text.clone(),
            format!("md5${bcrypt_text}"),
            format!("BCRYPT_SHA256${bcrypt_text}"),
            format!(" {good}"),
            // Truncated, extended, one `$` short.
            good[..good.len() - 1].to_owned(),
            format!("{good}="),
            format!("{good}\0"),
            good.replacen("$$", "$", 1),
            // Costs that bcrypt does not have, and those that would take days.
            good.replace("$04$", "$03$"),
            good.replace("$04$", "$00$"),
            good.replace("$04$", "$16$"),
            good.replace("$04$", "$31$"),
            good.replace("$04$", "$99$"),
            good.replace("$04$", "$-1$"),
            good.replace("$04$", "$4$"),
            good.replace("$2b$", "$2z$"),
            good.replace("$2b$", "$1$"),
            // NUL, and characters of several bytes at the same length in bytes and in characters.
            format!("{}\0", &good[..good.len() - 1]),
            format!("{}é", &good[..good.len() - 2]),
            format!("{}é", &good[..good.len() - 1]),
            good.replace("$04$", "$é$"),
            "é".repeat(37),
            "\0".repeat(74),
            "$".repeat(74),
        ]
    }
}
