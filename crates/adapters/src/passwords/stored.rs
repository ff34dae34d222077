//! Verifying a password against whatever is stored for the account.
//!
//! How long it takes must not tell what is stored: an unknown account, a damaged hash and an old cheap one all cost
//! what a hash of today costs, so that the time of a refusal does not enumerate accounts (requirement A1). Only a hash
//! dearer than the present setting shows, until its owner logs in once.

use tessera_domain::{PasswordHash, PlainPassword};
use tessera_services::ports::Verdict;

use super::bcrypt_sha256::{self, Comparison};
use super::cost::BcryptCost;

/// A comparison, and whether the scheme of the hash is the one that new hashes are of.
struct Finding {
    comparison: Comparison,
    current_scheme: bool,
}

/// Verifies `password`, with at least the work of one hash of cost `current` for every refusal.
pub(super) fn verify(password: &PlainPassword, hash: Option<&PasswordHash>, current: BcryptCost) -> Verdict {
    match hash.and_then(|hash| compare(password, hash)) {
        Some(Finding { comparison: Comparison { right: true, cost }, current_scheme }) => {
            Verdict::Right { outdated: !current_scheme || cost < current }
        }
        Some(Finding { comparison: Comparison { right: false, cost }, .. }) => {
            cost.up_to(current).for_each(|missing| bcrypt_sha256::burn(password, missing));
            Verdict::Wrong
        }
        None => {
            bcrypt_sha256::burn(password, current);
            Verdict::Wrong
        }
    }
}

/// The schemes that are read. None: the hash is damaged, or of no scheme that is.
fn compare(password: &PlainPassword, hash: &PasswordHash) -> Option<Finding> {
    let (scheme, rest) = hash.expose().split_once('$')?;
    match scheme {
        bcrypt_sha256::NAME => {
            bcrypt_sha256::compare(password, rest).map(|comparison| Finding { comparison, current_scheme: true })
        }
        bcrypt_sha256::PLAIN_NAME => {
            bcrypt_sha256::compare_plain(password, rest).map(|comparison| Finding { comparison, current_scheme: false })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bcrypt_sha256::meter::rounds_of;
    use super::*;

    const RIGHT: &str = "correct horse";

    fn cost(cost: u32) -> BcryptCost {
        BcryptCost::new(cost).expect("in range")
    }

    fn hash_of(text: &str, at: u32) -> PasswordHash {
        bcrypt_sha256::encode(&PlainPassword::parse(text).expect("valid"), cost(at), [7; 16]).expect("hashed")
    }

    fn check(text: &str, hash: &PasswordHash, current: u32) -> Verdict {
        verify(&PlainPassword::parse(text).expect("valid"), Some(hash), cost(current))
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
    fn every_byte_of_a_long_password_counts() {
        let long = "x".repeat(1_000);
        let hash = hash_of(&long, 4);
        assert_eq!(check(&long, &hash, 4), Verdict::Right { outdated: false });
        assert_eq!(check(&format!("{}y", &long[1..]), &hash, 4), Verdict::Wrong);
        assert_eq!(check(&long[..72], &hash, 4), Verdict::Wrong);
    }

    #[test]
    fn plain_bcrypt_is_read_and_outdated_and_not_truncated() {
        let text = "y".repeat(71);
        let raw = bcrypt::hash_with_salt(&text, 4, [7; 16]).expect("hashed");
        let hash = PasswordHash::from_encoded(format!("bcrypt${raw}"));
        assert_eq!(check(&text, &hash, 4), Verdict::Right { outdated: true });
        assert_eq!(check(RIGHT, &hash, 4), Verdict::Wrong);

        let truncated = bcrypt::hash_with_salt("y".repeat(72), 4, [7; 16]).expect("hashed");
        let hash = PasswordHash::from_encoded(format!("bcrypt${truncated}"));
        assert_eq!(check(&"y".repeat(80), &hash, 4), Verdict::Wrong);
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
            |hash: Option<&PasswordHash>| rounds_of(|| assert_eq!(verify(&wrong, hash, cost(7)), Verdict::Wrong));
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
