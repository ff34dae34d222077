//! Sessions: one login on one device, and the rules by which its refresh tokens follow each other (T4, T5).
//!
//! A session is one row with a generation counter. Its refresh tokens are signed and carry the counter's value, so
//! that the row decides alone, by comparing two numbers, which of them is current, and nothing secret is stored.

use std::net::IpAddr;
use std::time::Duration;

use crate::{SessionId, Timestamp, UserAgent, UserId};

/// How many times a session was rotated. The order of its refresh tokens is this counter, never a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// The generation of a new session.
    pub const FIRST: Self = Self(0);

    /// The generation with this number, as tokens and storage keep it.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number, as tokens and storage keep it.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after it. The last one follows itself, which ends a session's rotations, not its life.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Its owner logged out, there or from another session.
    LoggedOut,
    /// A refresh token was presented that had been spent: it was stolen, or its thief was faster (RFC 9700, section 4.14.2).
    RefreshReused,
    /// Its owner chose a new password, knowing the old one.
    PasswordChanged,
    /// Its owner chose a new password through a link that was mailed.
    PasswordReset,
    /// The account was disabled.
    Disabled,
}

impl EndReason {
    const ALL: [Self; 5] =
        [Self::LoggedOut, Self::RefreshReused, Self::PasswordChanged, Self::PasswordReset, Self::Disabled];

    /// Its name in storage. It never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::RefreshReused => "refresh_reused",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::Disabled => "disabled",
        }
    }

    /// The reason with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Whether a session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It does.
    Active,
    /// It ended, and never goes on again (invariant I2).
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// How long a session may live (requirement T5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a refresh: the lifetime of a refresh token.
    pub idle: Duration,
    /// In all, however often it is refreshed.
    pub absolute: Duration,
}

/// Where a session is used, as far as it is known. It decides nothing: its owner recognises it by that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionClient {
    /// From which address.
    pub ip: Option<IpAddr>,
    /// With which program.
    pub user_agent: Option<UserAgent>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id (`sid`).
    pub id: SessionId,
    /// The account that logged in.
    pub user_id: UserId,
    /// Which of its refresh tokens is current.
    pub generation: Generation,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its current refresh token was made: at opening, or at the last rotation.
    pub rotated_at: Timestamp,
    /// When its current refresh token expires; never after `expires_at`.
    pub idle_expires_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it was opened or refreshed last. What its access tokens are used for is not noted: that would be a write with
    /// every request.
    pub last_used_at: Timestamp,
    /// Who opened or refreshed it last.
    pub client: SessionClient,
    /// Whether it goes on.
    pub state: SessionState,
}

/// What a presented refresh token is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The current one.
    Current,
    /// The immediate predecessor, within the retry window: a client repeats a refresh whose answer was lost, or two
    /// of its requests raced.
    Retry,
    /// Spent before that: somebody holds a token that is not theirs.
    Reused,
    /// The session ended.
    Ended,
    /// The session reached one of its limits.
    Expired,
    /// A generation that the session never had.
    Unknown,
}

impl Session {
    /// A session that a client opens at `now` of whom nothing is known.
    pub fn open(id: SessionId, user_id: UserId, now: Timestamp, limits: SessionLimits) -> Self {
        let expires_at = now.plus(limits.absolute);
        Self {
            id,
            user_id,
            generation: Generation::FIRST,
            created_at: now,
            rotated_at: now,
            idle_expires_at: now.plus(limits.idle).min(expires_at),
            expires_at,
            last_used_at: now,
            client: SessionClient::default(),
            state: SessionState::Active,
        }
    }

    /// What a refresh token of `generation` is to this session at `now`.
    ///
    /// The window counts from the last rotation. A clock that went back meanwhile makes it longer, never shorter: a
    /// step of the clock logs nobody out.
    pub fn judge(&self, generation: Generation, now: Timestamp, retry_window: Duration) -> Presented {
        match self.state {
            SessionState::Ended { .. } => Presented::Ended,
            SessionState::Active if now >= self.idle_expires_at => Presented::Expired,
            SessionState::Active if generation == self.generation => Presented::Current,
            SessionState::Active if generation > self.generation => Presented::Unknown,
            SessionState::Active if generation.next() < self.generation => Presented::Reused,
            SessionState::Active if now.since(self.rotated_at) < retry_window => Presented::Retry,
            SessionState::Active => Presented::Reused,
        }
    }

    /// Whether one of its tokens may still be good at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == SessionState::Active && now < self.idle_expires_at
    }

    /// The session after one rotation at `now`, by the same client.
    #[must_use]
    pub fn rotated(self, now: Timestamp, idle: Duration) -> Self {
        Self {
            generation: self.generation.next(),
            rotated_at: now,
            idle_expires_at: now.plus(idle).min(self.expires_at),
            last_used_at: now,
            ..self
        }
    }

    /// The session ended at `now`; one that ended before keeps its first end.
    #[must_use]
    pub fn ended(self, now: Timestamp, reason: EndReason) -> Self {
        match self.state {
            SessionState::Ended { .. } => self,
            SessionState::Active => Self { state: SessionState::Ended { at: now, reason }, ..self },
        }
    }
}

/// What a contract does with a refresh token that is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It is spent, and a new one takes its place.
    Rotate,
    /// It stays good; only a new access token is made.
    Keep,
}

/// What a contract does with the immediate predecessor within the retry window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRetry {
    /// It is answered with the same successor again, so that a lost answer costs nobody the session.
    SameSuccessor,
    /// It is refused, and harms nobody.
    Refuse,
}

/// How a contract refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// What becomes of the current token.
    pub rotation: Rotation,
    /// What becomes of a retry.
    pub on_retry: OnRetry,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SessionLimits =
        SessionLimits { idle: Duration::from_hours(7 * 24), absolute: Duration::from_hours(30 * 24) };
    const WINDOW: Duration = Duration::from_secs(10);
    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn session() -> Session {
        Session::open(SessionId::from_bytes([1; 16]), UserId::from_bytes([2; 16]), START, LIMITS)
    }

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn generation(number: u32) -> Generation {
        Generation::from_number(number)
    }

    #[test]
    fn the_predecessor_is_a_retry_until_the_window_closes() {
        let session = session().rotated(after(100), LIMITS.idle);
        let judge = |number, at| session.judge(generation(number), at, WINDOW);
        assert_eq!(judge(1, after(100)), Presented::Current);
        assert_eq!(judge(0, after(109)), Presented::Retry);
        assert_eq!(judge(0, after(110)), Presented::Reused);
        assert_eq!(judge(2, after(100)), Presented::Unknown);
    }

    #[test]
    fn anything_older_than_the_predecessor_is_reuse_at_once() {
        let session = session().rotated(after(1), LIMITS.idle).rotated(after(2), LIMITS.idle);
        assert_eq!(session.judge(generation(0), after(2), WINDOW), Presented::Reused);
    }

    #[test]
    fn a_clock_that_goes_back_logs_nobody_out() {
        let session = session().rotated(after(7_200), LIMITS.idle);
        assert_eq!(session.judge(generation(0), after(3_600), WINDOW), Presented::Retry);
        assert_eq!(session.judge(generation(1), after(3_600), WINDOW), Presented::Current);
    }

    #[test]
    fn rotation_extends_the_idle_limit_but_never_the_absolute_one() {
        let mut session = session();
        assert_eq!(session.idle_expires_at, START.plus(LIMITS.idle));
        for day in 1..30 {
            let now = after(day * 86_400);
            assert_eq!(session.judge(session.generation, now, WINDOW), Presented::Current);
            session = session.rotated(now, LIMITS.idle);
        }
        assert_eq!(session.idle_expires_at, START.plus(LIMITS.absolute));
        assert_eq!(session.judge(session.generation, START.plus(LIMITS.absolute), WINDOW), Presented::Expired);
    }

    #[test]
    fn an_end_is_final_and_keeps_its_first_reason() {
        let session = session().ended(after(5), EndReason::LoggedOut).ended(after(9), EndReason::RefreshReused);
        assert_eq!(session.state, SessionState::Ended { at: after(5), reason: EndReason::LoggedOut });
        assert_eq!(session.judge(Generation::FIRST, after(5), WINDOW), Presented::Ended);
    }

    #[test]
    fn it_is_open_until_it_ends_or_nobody_refreshed_it_in_time() {
        let session = session();
        let end = session.idle_expires_at;
        assert!(session.is_open(end.minus(Duration::from_micros(1))));
        assert!(!session.is_open(end));
        assert!(!session.ended(after(5), EndReason::LoggedOut).is_open(after(5)));
    }

    #[test]
    fn every_reason_survives_storage() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(EndReason::from_name("?"), None);
    }
}
