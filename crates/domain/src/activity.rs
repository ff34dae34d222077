//! What happened to an account, as its owner may read it.

use std::net::IpAddr;

use crate::{ActivityId, Timestamp, UserId};

/// An event in the life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityEvent {
    /// It was made.
    Registered,
    /// Somebody logged in.
    LoggedIn,
    /// Somebody tried to, with a wrong password.
    LoginFailed,
    /// A refresh token was presented that had been spent, and its session ended.
    RefreshReused,
    /// Somebody logged out.
    LoggedOut,
    /// Sessions were ended from another one, or one by its name.
    SessionsEnded,
    /// Its password was changed by somebody who knew the old one.
    PasswordChanged,
    /// Its password was changed through a link that was mailed.
    PasswordReset,
    /// Its name, username or address was changed.
    ProfileChanged,
    /// Its address was confirmed.
    EmailConfirmed,
}

impl ActivityEvent {
    const ALL: [Self; 10] = [
        Self::Registered,
        Self::LoggedIn,
        Self::LoginFailed,
        Self::RefreshReused,
        Self::LoggedOut,
        Self::SessionsEnded,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::ProfileChanged,
        Self::EmailConfirmed,
    ];

    /// Its name in storage and in answers. It never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "register",
            Self::LoggedIn => "login",
            Self::LoginFailed => "login_failed",
            Self::RefreshReused => "refresh_reused",
            Self::LoggedOut => "logout",
            Self::SessionsEnded => "sessions_ended",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::ProfileChanged => "profile_changed",
            Self::EmailConfirmed => "email_confirmed",
        }
    }

    /// The event with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// An entry of the activity log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id; a later entry has a greater one.
    pub id: ActivityId,
    /// Whose.
    pub user_id: UserId,
    /// What happened.
    pub event: ActivityEvent,
    /// When.
    pub at: Timestamp,
    /// From which address, if it is known.
    pub ip: Option<IpAddr>,
    /// With which program, as it calls itself.
    pub user_agent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_found_by_its_name() {
        for event in ActivityEvent::ALL {
            assert_eq!(ActivityEvent::from_name(event.name()), Some(event));
        }
        assert_eq!(ActivityEvent::from_name("LOGIN"), None);
    }
}
