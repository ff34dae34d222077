//! Mails that are waiting to be sent.
//!
//! A mail in the outbox is an intention, not a text: what it is about and to whom. The text, and the secret in its link, are
//! made when it is sent, so that no storage ever holds a link that works.

use crate::{Email, MailId, Timestamp};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A link to choose a new password with. Whether its recipient has an account is found out when it is sent: asking for
    /// one costs the same for everybody (requirement A5).
    PasswordReset,
    /// The news that the password was changed.
    PasswordChanged,
    /// A link to confirm an address with.
    EmailConfirmation,
    /// The news, to the old address, that the account has another one now.
    EmailChanged,
}

impl MailKind {
    const ALL: [Self; 4] = [Self::PasswordReset, Self::PasswordChanged, Self::EmailConfirmation, Self::EmailChanged];

    /// Its name in storage. It never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::EmailConfirmation => "email_confirmation",
            Self::EmailChanged => "email_changed",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it carries a link with a secret. One that waits is enough for anybody, and it is worthless once the
    /// password or the address has changed.
    pub const fn is_link(self) -> bool {
        matches!(self, Self::PasswordReset | Self::EmailConfirmation)
    }
}

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// Its id.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// To whom.
    pub recipient: Email,
    /// Since when it waits.
    pub queued_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(MailKind::from_name(""), None);
    }
}
