//! Argon2: Django's `argon2$argon2id$v=19$m=102400,t=2,p=8$salt$hash`, and the same without Django's name in front, as
//! the reference implementation and everything on top of it write it.

use std::ops::RangeInclusive;

use argon2::{Algorithm, Argon2, Error, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use tessera_domain::PlainPassword;
use tessera_services::ports::UnusableHash;

use super::OutOfMemory;

/// Django's name of the scheme.
pub(super) const NAME: &str = "argon2";

/// The most memory of one verification, in KiB: Django's 100 MiB, and some. Each hashing thread may take that much.
const MOST_MEMORY: u32 = 128 * 1_024;
/// The most memory times passes, in KiB: about two seconds of work, and Django's default eleven times over.
const MOST_WORK: u64 = 2 * 1_024 * 1_024;
/// The lengths of salt and hash, in bytes. The shortest hash that cannot be hit by guessing; more than anybody uses.
const SALT: RangeInclusive<usize> = argon2::MIN_SALT_LEN..=64;
const HASH: RangeInclusive<usize> = 16..=64;

/// A readable hash, with parameters that are worth computing.
pub(super) struct Argon2Hash {
    argon2: Argon2<'static>,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Hash {
    /// Reads `text`, from the name of the variant on: `argon2id$v=19$…`.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let (variant, rest) = text.split_once('$').ok_or(UnusableHash::Damaged)?;
        let algorithm = Algorithm::new(variant).map_err(|_| UnusableHash::Damaged)?;
        // The first version of the format did not write its number.
        let (version, rest) = match rest.strip_prefix("v=").and_then(|rest| rest.split_once('$')) {
            Some(("19", rest)) => (Version::V0x13, rest),
            Some(("16", rest)) => (Version::V0x10, rest),
            Some(_) => return Err(UnusableHash::Damaged),
            None => (Version::V0x10, rest),
        };
        let mut parts = rest.split('$');
        let (Some(costs), Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnusableHash::Damaged);
        };
        let (salt, hash) = (decode(salt, &SALT)?, decode(hash, &HASH)?);
        let params = params(costs, hash.len())?;
        Ok(Self { argon2: Argon2::new(algorithm, version, params), salt, hash })
    }

    /// Whether it is the hash of `password`; it compares in constant time.
    pub(super) fn is_of(&self, password: &PlainPassword) -> Result<bool, OutOfMemory> {
        let mut computed = vec![0; self.hash.len()];
        match self.argon2.hash_password_into(password.expose().as_bytes(), &self.salt, &mut computed) {
            Ok(()) => Ok(computed.ct_eq(&self.hash).into()),
            Err(Error::OutOfMemory) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }
}

fn decode(text: &str, lengths: &RangeInclusive<usize>) -> Result<Vec<u8>, UnusableHash> {
    let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| UnusableHash::Damaged)?;
    if lengths.contains(&bytes.len()) { Ok(bytes) } else { Err(UnusableHash::Damaged) }
}

/// Memory, passes and lanes, in the order in which all implementations write them: `m=102400,t=2,p=8`.
fn params(text: &str, hash_len: usize) -> Result<Params, UnusableHash> {
    let mut parts = text.split(',');
    let mut next = |name: &str| parts.next().and_then(|part| part.strip_prefix(name)).and_then(number);
    let (Some(memory), Some(passes), Some(lanes)) = (next("m="), next("t="), next("p=")) else {
        return Err(UnusableHash::Damaged);
    };
    if parts.next().is_some() {
        return Err(UnusableHash::Damaged);
    }
    let is_dear = memory > u64::from(MOST_MEMORY) || memory.saturating_mul(passes) > MOST_WORK;
    let (Ok(memory), Ok(passes), Ok(lanes), false) = (memory.try_into(), passes.try_into(), lanes.try_into(), is_dear)
    else {
        return Err(UnusableHash::TooDear);
    };
    Params::new(memory, passes, lanes, Some(hash_len)).map_err(|_| UnusableHash::Damaged)
}

/// Digits alone. A number that does not even fit is an enormous one.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "argon2id$v=19$m=512,t=2,p=2$cFN6TWJlOGFoRXFidXRIeFlWT2FHZw$o2LOP6EfV86YTrZJSQolLaO6KIQjn5tFxll0ZlUQBic";

    fn matches(text: &str, hash: &str) -> bool {
        let hash = Argon2Hash::parse(hash).expect("readable");
        hash.is_of(&PlainPassword::parse(text).expect("valid")).expect("memory")
    }

    #[test]
    fn reads_what_django_and_argon2_cffi_wrote() {
        let unicode = "contraseña 🔑 пароль";
        let known = [
            // Made by Django 5.2, without the name of the scheme: the first with the costs of that version.
            (
                "correct horse battery",
                "argon2id$v=19$m=102400,t=2,p=8$aGJnRXlxMFIxTlkySmdqVHpvemNwMg$n4Ptb1KdwMGUNMF7TC0scphQwLAULvAJqIKi0B6ENR4",
            ),
            (unicode, SMALL),
            (
                &*"long ".repeat(30),
                "argon2id$v=19$m=512,t=2,p=2$dmdFZ0JicG84WEpCZTZmbG5KRlQ1Yg$n6ZJJcY0Esg5fY/kxy3G1oUeOQkXeW8HOJily3c8Urk",
            ),
            // The variants of older versions of Django.
            (
                unicode,
                "argon2i$v=19$m=512,t=2,p=2$eTNFcHdpUzJBV2xTbnE5T2pwZDJQYw$/jlx+hCi5l0h2L2WUgJ16YkyuQZWCe+uTmAqHeQDFRQ",
            ),
            (
                unicode,
                "argon2d$v=19$m=512,t=2,p=2$cko5MDNrelBscEVpeDNXdUxPbE92cw$hgo/qe3+LV4xwRYuy22GInGo/RRTv71h3/VV95hFNHU",
            ),
            // Made by argon2-cffi 25: the first version of the algorithm, and its number left out as it once was.
            (unicode, "argon2i$v=16$m=512,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$xXjHeL06aktLO3Vnebs1ABJUMmrIqizgJW/99xJEvMY"),
            (unicode, "argon2i$m=512,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$xXjHeL06aktLO3Vnebs1ABJUMmrIqizgJW/99xJEvMY"),
        ];
        for (text, hash) in known {
            assert!(matches(text, hash), "{hash}");
            assert!(!matches("something else", hash), "{hash}");
        }
    }

    #[test]
    fn refuses_what_is_too_dear() {
        for costs in ["m=131073,t=1,p=1", "m=4194304,t=1,p=1", "m=131072,t=17,p=1", "m=8,t=262145,p=1"] {
            let text = SMALL.replace("m=512,t=2,p=2", costs);
            assert_eq!(Argon2Hash::parse(&text).err(), Some(UnusableHash::TooDear), "{costs}");
        }
        for costs in ["m=99999999999999999999999,t=1,p=1", "m=8,t=4294967296,p=1", "m=512,t=2,p=99999999999"] {
            let text = SMALL.replace("m=512,t=2,p=2", costs);
            assert_eq!(Argon2Hash::parse(&text).err(), Some(UnusableHash::TooDear), "{costs}");
        }
        assert!(Argon2Hash::parse(&SMALL.replace("m=512,t=2,p=2", "m=131072,t=16,p=4")).is_ok());
    }

    #[test]
    fn refuses_what_is_damaged() {
        for (from, to) in [
            ("argon2id", "argon2x"),
            ("v=19", "v=20"),
            ("v=19", "v="),
            ("m=512,", ""),
            ("m=512,t=2", "t=2,m=512"),
            ("m=512", "m=-512"),
            ("m=512", "m=7"),
            ("t=2", "t=0"),
            ("p=2", "p=0"),
            ("p=2", "p=2,x=1"),
            ("p=2", "p=2,"),
            ("m=512", "m=512é"),
            ("cFN6TWJlOGFoRXFidXRIeFlWT2FHZw", "c2FsdA"),
            ("cFN6TWJlOGFoRXFidXRIeFlWT2FHZw", ""),
            ("o2LOP6EfV86YTrZJSQolLaO6KIQjn5tFxll0ZlUQBic", "o2LOP6EfV84"),
            ("ZlUQBic", "ZlUQBic="),
            ("ZlUQBic", "ZlUQBic$"),
            ("$m=", ""),
        ] {
            let damaged = SMALL.replacen(from, to, 1);
            assert_eq!(Argon2Hash::parse(&damaged).err(), Some(UnusableHash::Damaged), "{damaged}");
        }
        for damaged in ["", "argon2id", "argon2id$", "argon2id$$$$$", "$$$$"] {
            assert_eq!(Argon2Hash::parse(damaged).err(), Some(UnusableHash::Damaged), "{damaged}");
        }
    }
}
