//! Usernames: which texts are one, and when two are the same.

use std::fmt;
use std::hash::{Hash, Hasher};

use unicode_normalization::UnicodeNormalization as _;

use crate::{Invalid, Result, TextRule};

/// A username: 1 to 150 letters, digits and `@ . + - _`, kept as written for display and compared by its folded
/// key (requirement A2): NFKC, lower case, NFKC again.
#[derive(Debug, Clone)]
pub struct Username {
    written: String,
    key: String,
}

const MAX_CHARS: usize = 150;

impl Username {
    /// Parses a username. White space around it is dropped.
    pub fn parse(text: &str) -> Result<Self> {
        TextRule { max_chars: MAX_CHARS }.check(text)?;
        let written = text.trim();
        let key = fold(written);
        // Both forms are looked at: folding may turn one odd character into several others.
        if !written.chars().chain(key.chars()).all(is_allowed) {
            return Err(Invalid::Malformed);
        }
        if key.chars().count() > MAX_CHARS {
            return Err(Invalid::TooLong { max: MAX_CHARS });
        }
        Ok(Self { written: written.to_owned(), key })
    }

    /// As its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form that is compared and unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Lower-casing can leave the normal form, and one more round can leave lower case; three rounds are a fixed point
/// for every character of Unicode (held by a test).
pub(crate) fn fold(text: &str) -> String {
    let round = |text: &str| text.nfkc().flat_map(char::to_lowercase).nfkc().collect::<String>();
    round(&round(&round(text)))
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || "@.+-_".contains(c) || unicode_normalization::char::is_combining_mark(c)
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_what_was_written_and_compares_what_is_meant() {
        let ana = Username::parse(" Ana.López ").expect("valid");
        assert_eq!((ana.as_str(), ana.key()), ("Ana.López", "ana.lópez"));
        // Full width, and the same accent in two code points.
        assert_eq!(Username::parse("ａｎａ.lo\u{301}pez"), Ok(ana));
    }

    #[test]
    fn refuses_spaces_punctuation_and_control_characters() {
        for text in ["ana lopez", "ana/lopez", "<ana>", "ana\u{200b}", "ana\u{a0}lopez"] {
            assert_eq!(Username::parse(text), Err(Invalid::Malformed), "{text}");
        }
        assert_eq!(Username::parse("ana\u{7f}"), Err(Invalid::ControlCharacter));
        assert_eq!(Username::parse(" "), Err(Invalid::Blank));
        assert_eq!(Username::parse(&"a".repeat(151)), Err(Invalid::TooLong { max: 150 }));
        // ﷺ is one letter that folds into eighteen characters, spaces among them.
        assert!(Username::parse("\u{fdfa}").is_err());
    }

    #[test]
    fn every_character_has_one_fold() {
        for c in (0..=0x0010_ffff_u32).filter_map(char::from_u32) {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{1,20}") {
            if let Ok(name) = Username::parse(&text) {
                let again = Username::parse(name.key()).expect("a folded name is a name");
                prop_assert_eq!(again.key(), name.key());
            }
        }
    }
}
