//! Whom a token is about: an account of ours, or a user of another service (requirement T3).

use std::fmt;
use std::str::FromStr;

use crate::{Invalid, Result, TextRule, UserId};

/// The subject of a token (`sub`, RFC 7519, section 4.1.2). The two namespaces never meet: an account is its UUID,
/// anybody else has the prefix `ext:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An account of this service.
    Account(UserId),
    /// A user that another service owns.
    External(ExternalId),
}

/// The id of a user that another service owns. `1` and `"1"` are one subject, but each is answered in the JSON type
/// in which it came.
#[derive(Debug, Clone)]
pub enum ExternalId {
    /// It came as an integer.
    Number(i64),
    /// It came as a string.
    Text(String),
}

const PREFIX: &str = "ext:";
const MAX_CHARS: usize = 200;

impl ExternalId {
    /// An id that came as a string.
    pub fn parse(text: &str) -> Result<Self> {
        TextRule { max_chars: MAX_CHARS }.check(text)?;
        Ok(Self::Text(text.to_owned()))
    }

    /// The form that is compared and unique.
    pub fn key(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl PartialEq for ExternalId {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ExternalId {}

impl std::hash::Hash for ExternalId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => id.fmt(f),
            Self::External(id) => write!(f, "{PREFIX}{}", id.key()),
        }
    }
}

/// Reads `sub`. The JSON type of an external id is not part of it: it comes back as text.
impl FromStr for Subject {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix(PREFIX) {
            Some(id) => ExternalId::parse(id).map(Self::External),
            None => text.parse().map(Self::Account).map_err(|_| Invalid::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespaces_never_meet() {
        let account = UserId::from_bytes([7; 16]);
        let twin = Subject::External(ExternalId::Text(account.to_string()));
        assert_ne!(twin.to_string(), Subject::Account(account).to_string());
        assert_eq!(twin.to_string().parse(), Ok(twin));
        assert_eq!("1".parse::<Subject>(), Err(Invalid::Malformed));
        assert_eq!("ext:".parse::<Subject>(), Err(Invalid::Blank));
    }

    #[test]
    fn a_number_and_its_text_are_one_subject() {
        assert_eq!(ExternalId::Number(1), ExternalId::Text("1".into()));
        assert_ne!(ExternalId::Number(1), ExternalId::Text("01".into()));
    }
}
