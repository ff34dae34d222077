//! Django's four password rules, for a password that somebody chooses.

use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::zxcvbn;

use crate::{Email, FullName, PlainPassword, Username};

/// A password of this length in characters is long enough.
const MIN_CHARS: usize = 8;
/// What is longer, in bytes, is not looked up: hardly anything longer is common, and the time that a look-up takes grows
/// steeply with the length (three milliseconds at this one, a third of a second at four times as much).
const LONGEST_COMMON: usize = 16;
/// From this share of common characters on, a password is too close to an attribute of its account.
const SIMILAR_PERCENT: usize = 70;

/// A rule that a chosen password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Too similar to something that is known of the account.
    TooSimilar(PasswordAttribute),
    /// Fewer than `min` characters.
    TooShort {
        /// The least number of characters.
        min: usize,
    },
    /// A common password, word or name.
    TooCommon,
    /// Digits and nothing else.
    EntirelyNumeric,
}

/// What a password can be too similar to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordAttribute {
    /// The username.
    Username,
    /// The e-mail address.
    Email,
    /// The full name.
    FullName,
}

/// What is known of the account that the password is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct PasswordContext<'a> {
    /// Its username.
    pub username: Option<&'a Username>,
    /// Its address.
    pub email: Option<&'a Email>,
    /// Its owner's name.
    pub full_name: Option<&'a FullName>,
}

/// Every rule that `password` breaks, in Django's order; none if it may be chosen. There is no rule on its
/// composition (requirement A3).
pub fn check_password(password: &PlainPassword, account: PasswordContext<'_>) -> Vec<PasswordProblem> {
    let text = password.expose();
    let attributes = [
        (PasswordAttribute::Username, account.username.map(Username::as_str)),
        (PasswordAttribute::Email, account.email.map(Email::as_str)),
        (PasswordAttribute::FullName, account.full_name.map(FullName::as_str)),
    ];
    let similar = attributes
        .into_iter()
        .find_map(|(attribute, value)| is_similar(text, value?).then_some(PasswordProblem::TooSimilar(attribute)));
    let short = (text.chars().count() < MIN_CHARS).then_some(PasswordProblem::TooShort { min: MIN_CHARS });
    let common = is_common(text).then_some(PasswordProblem::TooCommon);
    let numeric = text.chars().all(char::is_numeric).then_some(PasswordProblem::EntirelyNumeric);
    [similar, short, common, numeric].into_iter().flatten().collect()
}

/// A single entry of the lists of common passwords, words and names, without regard to case (NIST SP 800-63B,
/// section 3.1.1.2 asks for dictionary words beside leaked passwords).
fn is_common(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    if text.len() > LONGEST_COMMON {
        return false;
    }
    match zxcvbn(&text, &[]).sequence() {
        [whole] => match &whole.pattern {
            MatchPattern::Dictionary(entry) => !entry.reversed && !entry.l33t,
            _ => false,
        },
        _ => false,
    }
}

/// Whether the two share most of their characters: the attribute as a whole, or one of its words.
fn is_similar(password: &str, attribute: &str) -> bool {
    let password = password.to_lowercase();
    let attribute = attribute.to_lowercase();
    let words = attribute.split(|c: char| !c.is_alphanumeric() && c != '_');
    words
        .chain([attribute.as_str()])
        .filter(|word| !word.is_empty() && !dwarfs(&password, word))
        .any(|word| share_most_characters(&password, word))
}

/// A word much shorter than the password says nothing about it, and comparing the two would only cost time.
fn dwarfs(password: &str, word: &str) -> bool {
    password.chars().count() >= 10 * word.chars().count()
}

/// Whether at least [`SIMILAR_PERCENT`] of the characters of the two pair up, repetition counted.
fn share_most_characters(a: &str, b: &str) -> bool {
    let mut left: Vec<char> = a.chars().collect();
    let total = left.len() + b.chars().count();
    let mut paired = 0;
    for c in b.chars() {
        if let Some(at) = left.iter().position(|l| *l == c) {
            left.swap_remove(at);
            paired += 2;
        }
    }
    100 * paired >= SIMILAR_PERCENT * total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<PasswordProblem> {
        check_password(&PlainPassword::parse(text).expect("well-formed"), PasswordContext::default())
    }

    #[test]
    fn the_readmes_own_passwords_pass() {
        assert_eq!(problems("securepassword123"), []);
        assert_eq!(problems("SecurePass123!"), []);
        assert_eq!(problems("correct horse battery staple"), []);
        assert_eq!(problems("🔑🔒🗝🔓🔐🛡🧱🚪"), []);
    }

    #[test]
    fn every_broken_rule_is_named() {
        use PasswordProblem::{EntirelyNumeric, TooCommon, TooShort};
        assert_eq!(problems("password"), [TooCommon]);
        assert_eq!(problems("PassWord"), [TooCommon]);
        assert_eq!(problems("qwerty123"), [TooCommon]);
        assert_eq!(problems("12345678"), [TooCommon, EntirelyNumeric]);
        assert_eq!(problems("1234"), [TooShort { min: 8 }, TooCommon, EntirelyNumeric]);
        assert_eq!(problems("83610472965"), [EntirelyNumeric]);
        assert_eq!(problems("xq7!"), [TooShort { min: 8 }]);
    }

    #[test]
    fn close_to_the_account_is_too_similar() {
        let (username, email) = (Username::parse("margarita"), Email::parse("m.hernandez@example.com"));
        let name = FullName::parse("Margarita Hernández");
        let (username, email, name) = (username.expect("valid"), email.expect("valid"), name.expect("valid"));
        let account = PasswordContext { username: Some(&username), email: Some(&email), full_name: Some(&name) };
        let check = |text| check_password(&PlainPassword::parse(text).expect("well-formed"), account);
        assert_eq!(check("Margarita1"), [PasswordProblem::TooSimilar(PasswordAttribute::Username)]);
        assert_eq!(check("hernandez99"), [PasswordProblem::TooSimilar(PasswordAttribute::Email)]);
        assert_eq!(check("a long walk by the sea"), []);
    }

    #[test]
    fn an_enormous_password_costs_nothing_much() {
        assert_eq!(problems(&"ab".repeat(512)), []);
        assert!(!is_common("passwordpasswordpassword"), "too long to be looked up");
    }
}
