//! What another service calls one of its users.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::username::fold;
use crate::{Result, TextRule};

/// A username that another service gave: 1 to 150 characters, kept as written for display and compared by its folded
/// key, like the [`Username`](crate::Username) of an account (requirement A2). Unlike there, it may be made of any
/// characters but control characters: which ones is for the service to say that owns the user.
#[derive(Debug, Clone)]
pub struct ExternalUsername {
    written: String,
    key: String,
}

const MAX_CHARS: usize = 150;

impl ExternalUsername {
    /// Parses a name. White space around it is dropped.
    pub fn parse(text: &str) -> Result<Self> {
        let rule = TextRule { max_chars: MAX_CHARS };
        rule.check(text)?;
        let written = text.trim();
        let key = fold(written);
        // Folding may turn one character into several others.
        rule.check(&key)?;
        Ok(Self { written: written.to_owned(), key })
    }

    /// As the other service wrote it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form that is compared and unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for ExternalUsername {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ExternalUsername {}

impl Hash for ExternalUsername {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for ExternalUsername {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invalid;

    #[test]
    fn keeps_what_was_written_and_compares_what_is_meant() {
        let name = |text| ExternalUsername::parse(text).expect("a name");
        let bob = name(" Bob Smith ");
        assert_eq!((bob.as_str(), bob.key()), ("Bob Smith", "bob smith"));
        assert_eq!(bob, name("ｂｏｂ smith"));
        assert_ne!(bob, name("bobsmith"));
        assert_eq!(name("<o'brien@example.com>").as_str(), "<o'brien@example.com>");
    }

    #[test]
    fn is_a_text_that_can_be_shown() {
        assert_eq!(ExternalUsername::parse(" "), Err(Invalid::Blank));
        assert_eq!(ExternalUsername::parse("bob\0"), Err(Invalid::ControlCharacter));
        assert!(ExternalUsername::parse(&"é".repeat(150)).is_ok());
        assert_eq!(ExternalUsername::parse(&"é".repeat(151)), Err(Invalid::TooLong { max: 150 }));
        // ﷺ is one letter that folds into eighteen characters.
        assert_eq!(ExternalUsername::parse(&"\u{fdfa}".repeat(9)), Err(Invalid::TooLong { max: 150 }));
    }
}
