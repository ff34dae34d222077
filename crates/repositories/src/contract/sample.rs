//! Values to store: plain, and told apart by a number.

use std::time::Duration;

use tessera_domain::{
    Email, NewUser, PasswordHash, Revocation, RevokedKey, Session, SessionId, SessionLimits, Timestamp, TokenId, User,
    UserId, Username,
};

/// The present, with microseconds that must not get lost.
pub(super) const NOW: Timestamp = Timestamp::from_unix_micros(1_800_000_000_123_456);

/// The shortest time there is.
pub(super) const TICK: Duration = Duration::from_micros(1);

/// The limits of every session here.
pub(super) const LIMITS: SessionLimits =
    SessionLimits { idle: Duration::from_hours(7 * 24), absolute: Duration::from_hours(30 * 24) };

pub(super) fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub(super) fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

pub(super) fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

pub(super) fn hash(text: &str) -> PasswordHash {
    PasswordHash::from_encoded(text)
}

/// Ids grow with their number.
pub(super) fn user_id(number: usize) -> UserId {
    let millis = u64::try_from(number).expect("a small number");
    UserId::new(NOW.plus(Duration::from_millis(millis)), [7; 10])
}

/// An active account without a username.
pub(super) fn new_user(number: usize) -> NewUser {
    let user = User {
        id: user_id(number),
        email: email(&format!("user{number}@example.com")),
        username: None,
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: NOW,
        updated_at: NOW,
        last_login: None,
        last_login_ip: None,
    };
    NewUser { user, password_hash: hash(&format!("hash {number}")) }
}

/// The same with a username.
pub(super) fn named_user(number: usize, name: &str) -> NewUser {
    let mut new = new_user(number);
    new.user.username = Some(username(name));
    new
}

pub(super) fn session_id(number: usize) -> SessionId {
    let millis = u64::try_from(number).expect("a small number");
    SessionId::new(NOW.plus(Duration::from_millis(millis)), [9; 10])
}

/// A session that opens now.
pub(super) fn session(number: usize, user_id: UserId) -> Session {
    Session::open(session_id(number), user_id, NOW, LIMITS)
}

pub(super) fn token_id(number: usize) -> TokenId {
    TokenId::from_bytes(*session_id(number).as_bytes())
}

/// The revocation of a token for an hour.
pub(super) fn revocation(number: usize) -> Revocation {
    Revocation { key: RevokedKey::Token(token_id(number)), until: after(3_600) }
}
