//! Requirement H2, written once: which text is acceptable before its meaning is looked at.

use crate::{Invalid, Result};

/// A length limit in characters, together with the ban on control characters and on blank text.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    /// The longest accepted text, in characters.
    pub max_chars: usize,
}

impl TextRule {
    /// Refuses blank text, control characters, and more than `max_chars` characters.
    pub fn check(self, text: &str) -> Result<()> {
        if text.chars().any(is_control) {
            return Err(Invalid::ControlCharacter);
        }
        if text.trim().is_empty() {
            return Err(Invalid::Blank);
        }
        // A character has at most four bytes, so an enormous text is refused without counting it.
        let too_long = text.len() > self.max_chars.saturating_mul(4) || text.chars().count() > self.max_chars;
        if too_long {
            return Err(Invalid::TooLong { max: self.max_chars });
        }
        Ok(())
    }
}

/// Control characters (Unicode category Cc), and the invisible ones that reorder or hide text in a
/// display: bidirectional overrides and isolates, line and paragraph separators.
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_shown_or_stored() {
        let rule = TextRule { max_chars: 3 };
        assert_eq!(rule.check("a\0b"), Err(Invalid::ControlCharacter));
        assert_eq!(rule.check("a\u{202e}b"), Err(Invalid::ControlCharacter));
        assert_eq!(rule.check("  "), Err(Invalid::Blank));
        assert_eq!(rule.check("abcd"), Err(Invalid::TooLong { max: 3 }));
        assert_eq!(rule.check("ñéü"), Ok(()));
    }
}
