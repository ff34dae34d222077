//! Whom mails are from.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;
use tessera_domain::{Email, is_control};

/// An address, and perhaps a name beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromAddress {
    name: Option<String>,
    email: Email,
}

/// A text that is neither an address nor a name with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither an address nor a name with an address in angle brackets")]
pub struct NoAddress;

impl FromAddress {
    /// An address with a name. Control characters, which no header can hold, are left out.
    pub fn new(name: &str, email: Email) -> Self {
        let name: String = name.chars().filter(|c| !is_control(*c)).collect();
        Self { name: Some(name).filter(|name| !name.trim().is_empty()), email }
    }

    /// The address.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// The same as the headers of a message have it; a name is quoted or encoded there as it has to be.
    pub(super) fn mailbox(&self) -> Result<Mailbox, lettre::address::AddressError> {
        Ok(Mailbox::new(self.name.clone(), self.email.as_str().parse()?))
    }
}

/// Reads `ana@example.com` and `Ana <ana@example.com>`.
impl FromStr for FromAddress {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if text.chars().any(is_control) {
            return Err(NoAddress);
        }
        let Mailbox { name, email } = text.parse().map_err(|_| NoAddress)?;
        let email = Email::parse(email.as_ref()).map_err(|_| NoAddress)?;
        Ok(Self::new(&name.unwrap_or_default(), email))
    }
}

impl fmt::Display for FromAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.email),
            None => self.email.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_people_write_it() {
        for (text, expected) in [
            ("ana@example.com", "ana@example.com"),
            ("<ana@example.com>", "ana@example.com"),
            ("Ana López <Ana@Example.com>", "Ana López <ana@example.com>"),
            ("\"López, Ana\" <ana@example.com>", "López, Ana <ana@example.com>"),
            ("webmaster@localhost", "webmaster@localhost"),
        ] {
            assert_eq!(text.parse::<FromAddress>().map(|from| from.to_string()), Ok(expected.to_owned()));
        }
        for text in
            ["", "apikey", "Ana", "Ana <ana>", "a@b.example, c@d.example", "Ana\r\nBcc: eve@example.com <a@b.example>"]
        {
            assert_eq!(text.parse::<FromAddress>(), Err(NoAddress), "{text}");
        }
    }
}
