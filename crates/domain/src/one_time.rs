//! One-time tokens: a secret that one caller may spend once (requirement T7).

use crate::{Digest, Timestamp, UserId};

/// What a one-time token is good for. A token of one purpose is unknown to every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OneTimePurpose {
    /// Proof between two parties that share this service.
    OneTime,
    /// Choosing a new password without the old one.
    PasswordReset,
    /// Confirming that an address belongs to its account.
    EmailVerification,
}

impl OneTimePurpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OneTime, Self::PasswordReset, Self::EmailVerification];

    /// The purposes of links: their secrets are mailed, and end with any change of the account's password or address
    /// (requirement A5).
    pub const LINKS: [Self; 2] = [Self::PasswordReset, Self::EmailVerification];

    /// Whether it is that of a link.
    pub const fn is_link(self) -> bool {
        matches!(self, Self::PasswordReset | Self::EmailVerification)
    }

    /// Its name in storage. It never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneTime => "one_time",
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
        }
    }
}

/// What is kept of a one-time token: never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    /// The digest of its secret.
    pub digest: Digest,
    /// What it is good for.
    pub purpose: OneTimePurpose,
    /// The account it was made for.
    pub user_id: UserId,
    /// From this moment on nobody can spend it.
    pub expires_at: Timestamp,
}

impl OneTimeToken {
    /// Whether it could still be spent at `now`; the moment of expiry itself is too late.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mailed_is_a_link() {
        assert!(OneTimePurpose::LINKS.into_iter().all(OneTimePurpose::is_link));
        assert!(!OneTimePurpose::OneTime.is_link());
    }

    #[test]
    fn ends_at_the_moment_of_expiry() {
        let at = Timestamp::from_unix_seconds(10);
        let token = OneTimeToken {
            digest: Digest::of(b"secret"),
            purpose: OneTimePurpose::OneTime,
            user_id: UserId::from_bytes([1; 16]),
            expires_at: at,
        };
        assert!(token.is_live(Timestamp::from_unix_micros(at.unix_micros() - 1)));
        assert!(!token.is_live(at));
    }
}
