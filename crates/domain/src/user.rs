//! Accounts.

use std::net::IpAddr;
use std::time::Duration;

use crate::{Email, FullName, Invalid, PasswordHash, Result, Timestamp, UserId, Username};

/// An account as everybody but the hasher sees it: its password hash is not part of it, so that no answer, log or
/// cache can hold one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts, each with its own column and its own answer"
)]
pub struct User {
    /// Its id, for ever.
    pub id: UserId,
    /// Its address; unique.
    pub email: Email,
    /// Its username, if it has one; unique.
    pub username: Option<Username>,
    /// Its owner's name.
    pub full_name: Option<FullName>,
    /// Whether it may log in at all.
    pub is_active: bool,
    /// Whether its address was confirmed.
    pub is_verified: bool,
    /// Whether it may see what only staff sees.
    pub is_staff: bool,
    /// Whether it may do everything.
    pub is_superuser: bool,
    /// When it was made.
    pub date_joined: Timestamp,
    /// When it was last changed: the version that a cache goes by.
    pub updated_at: Timestamp,
    /// When it last logged in.
    pub last_login: Option<Timestamp>,
    /// The address of the client that last logged in.
    pub last_login_ip: Option<IpAddr>,
}

impl User {
    /// Its version after a change at `at`: that moment, or the one right after its version now if that is later. No
    /// version is used twice, whatever the clock does.
    pub fn version_after(&self, at: Timestamp) -> Timestamp {
        at.max(self.updated_at.plus(Duration::from_micros(1)))
    }
}

/// An account that is about to exist.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// The hash of its first password.
    pub password_hash: PasswordHash,
}

/// An account together with what proves that somebody is its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The hash to verify a password against.
    pub password_hash: PasswordHash,
    /// The version of these credentials.
    pub version: SecurityVersion,
}

/// Counts the events that must end what was proved before them: a change of password, disabling. A session is
/// opened only if the version its credentials were verified under is still the account's own, so that a login
/// that was being hashed meanwhile cannot outlive the change (invariant I2). Raising the cost of a hash is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityVersion(i64);

impl SecurityVersion {
    /// The version of a new account.
    pub const FIRST: Self = Self(0);

    /// The version with this number, as storage keeps it.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, as storage keeps it.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The version after the next such event.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What an account is looked up by when somebody proves to own it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// Its id: its owner is logged in, and is asked for the password once more.
    Id(UserId),
    /// Its address.
    Email(Email),
    /// Its username.
    Username(Username),
}

impl Identifier {
    /// What was typed where an address belongs. A text that is no address is nobody's: `None`, to be answered like an
    /// unknown account. Blank, over-long and control characters are malformed for everybody.
    pub fn from_email(text: &str) -> Result<Option<Self>> {
        Self::unless_malformed(Email::parse(text).map(Self::Email))
    }

    /// The same where a username belongs.
    pub fn from_username(text: &str) -> Result<Option<Self>> {
        Self::unless_malformed(Username::parse(text).map(Self::Username))
    }

    fn unless_malformed(parsed: Result<Self>) -> Result<Option<Self>> {
        match parsed {
            Ok(identifier) => Ok(Some(identifier)),
            Err(Invalid::Malformed) => Ok(None),
            Err(invalid) => Err(invalid),
        }
    }
}

/// What a new account may do. No request body can ask for more than [`Privileges::None`] (requirement A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Privileges {
    /// An ordinary account.
    #[default]
    None,
    /// Staff and superuser, as the operator makes one on the command line.
    Superuser,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_always_advances() {
        let user = User {
            id: UserId::from_bytes([1; 16]),
            email: Email::parse("ana@example.com").expect("an address"),
            username: None,
            full_name: None,
            is_active: true,
            is_verified: false,
            is_staff: false,
            is_superuser: false,
            date_joined: Timestamp::from_unix_micros(10),
            updated_at: Timestamp::from_unix_micros(10),
            last_login: None,
            last_login_ip: None,
        };
        for (at, expected) in [(12, 12), (11, 11), (10, 11), (3, 11)] {
            let version = user.version_after(Timestamp::from_unix_micros(at));
            assert_eq!(version, Timestamp::from_unix_micros(expected), "at {at}");
        }
        assert!(SecurityVersion::FIRST < SecurityVersion::FIRST.next());
    }

    #[test]
    fn what_is_no_name_is_nobodys() {
        assert_eq!(Identifier::from_email("no address"), Ok(None));
        assert_eq!(Identifier::from_username("no name"), Ok(None));
        assert_eq!(Identifier::from_email(" "), Err(Invalid::Blank));
        assert_eq!(Identifier::from_username("a\0"), Err(Invalid::ControlCharacter));
        assert!(matches!(Identifier::from_email("Ana@example.com"), Ok(Some(Identifier::Email(_)))));
        assert!(matches!(Identifier::from_username("Ana"), Ok(Some(Identifier::Username(_)))));
    }
}
