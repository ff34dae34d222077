//! What the unit tests of this crate start from: one account, one moment, randomness that repeats.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{
    ActivityEvent, Credentials, Email, MailId, MailKind, PasswordHash, QueuedMail, SecurityVersion, SessionId,
    SessionLimits, Timestamp, User, UserId, Username,
};
use tessera_repositories::{MockMailOutboxRepository, RepositoryError};

use crate::ClientInfo;
use crate::activity::{ActivityRecorder, MockActivityRecorder};
use crate::mail::MailQueue;
use crate::ports::{Clock, MockClock, SecretSource};
use crate::tokens::Lifetimes;

pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub const USER: UserId = UserId::from_bytes([1; 16]);
pub const SESSION: SessionId = SessionId::from_bytes([2; 16]);

pub const LIFETIMES: Lifetimes = Lifetimes {
    access: Duration::from_mins(15),
    session: SessionLimits { idle: Duration::from_hours(7 * 24), absolute: Duration::from_hours(30 * 24) },
    retry_window: Duration::from_secs(10),
};

/// When nothing lives any more that some instance, whose clock may be ahead, signed until it knew what was decided now.
pub const LAST_EXPIRY: Timestamp = Timestamp::from_unix_seconds(NOW.unix_seconds() + 15 * 60 + 15);

/// Random bytes that are all the same: ids are then known.
pub struct SameBytes;

impl SecretSource for SameBytes {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub fn clock() -> Arc<dyn Clock> {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(NOW);
    Arc::new(clock)
}

/// A queue in front of this outbox.
pub fn mails(outbox: MockMailOutboxRepository) -> MailQueue {
    let (outbox, secrets) = (Arc::new(outbox), Arc::new(SameBytes));
    MailQueue { outbox, bell: Arc::default(), clock: clock(), secrets }
}

/// A mail that was queued there.
pub fn mail(kind: MailKind, recipient: Email) -> QueuedMail {
    QueuedMail { id: MailId::new(NOW, [7; 10]), kind, recipient, queued_at: NOW }
}

/// A recorder that notes whatever it is told.
pub fn any_activity() -> Arc<dyn ActivityRecorder> {
    let mut activity = MockActivityRecorder::new();
    activity.expect_record().return_const(());
    Arc::new(activity)
}

/// A recorder that is to note one event of the account, from that client.
pub fn activity(event: ActivityEvent) -> Arc<dyn ActivityRecorder> {
    let mut activity = MockActivityRecorder::new();
    activity
        .expect_record()
        .withf(move |id, noted, from| (*id, *noted, from) == (USER, event, &client()))
        .times(1)
        .return_const(());
    Arc::new(activity)
}

/// A recorder that is to note nothing.
pub fn no_activity() -> Arc<dyn ActivityRecorder> {
    Arc::new(MockActivityRecorder::new())
}

pub fn client() -> ClientInfo {
    ClientInfo { ip: Some([192, 0, 2, 1].into()), user_agent: Some("curl/8".into()), ..ClientInfo::default() }
}

pub fn user() -> User {
    User {
        id: USER,
        email: Email::parse("ana@example.com").expect("an address"),
        username: Some(Username::parse("ana").expect("a username")),
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: NOW,
        updated_at: NOW,
        last_login: None,
        last_login_ip: None,
    }
}

pub fn credentials() -> Credentials {
    Credentials {
        user: user(),
        password_hash: PasswordHash::from_encoded("a hash"),
        version: SecurityVersion::from_number(3),
    }
}

pub fn away() -> RepositoryError {
    RepositoryError::transient("the storage is away", "connection refused")
}

pub fn broken() -> RepositoryError {
    RepositoryError::permanent("the storage is broken", "no such column")
}

pub fn queued(kind: MailKind) -> QueuedMail {
    QueuedMail { id: MailId::from_bytes([4; 16]), kind, recipient: user().email, queued_at: NOW }
}
