//! The name of a person, as that person writes it.

use std::fmt;

use crate::{Result, TextRule};

/// 1 to 150 characters of any script, without control characters; white space around it is dropped. Nothing is
/// ever looked up by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullName(String);

impl FullName {
    /// Parses a full name.
    pub fn parse(text: &str) -> Result<Self> {
        TextRule { max_chars: 150 }.check(text)?;
        Ok(Self(text.trim().to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invalid;

    #[test]
    fn any_script_but_no_control_characters() {
        assert_eq!(FullName::parse(" María José 王 ").map(|n| n.to_string()), Ok("María José 王".into()));
        assert_eq!(FullName::parse("a\nb"), Err(Invalid::ControlCharacter));
        assert_eq!(FullName::parse("\t"), Err(Invalid::ControlCharacter));
    }
}
