//! What was revoked, kept in memory: so that the hot path asks no storage (requirement T8).
//!
//! Only sessions are: an access token is revoked with its session, and a refresh token is judged by its row, so that nothing
//! has to be remembered for longer than an access token lives. The durable log is the truth. The mirror follows it with a cursor every second, and is told at once of what this
//! process revokes itself. When it has not been able to follow for longer than [`MAX_LAG`], it says so to nobody but
//! asks the log for each token instead: slower, and never wrong (invariant I3).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tessera_domain::{Revocation, RevokedKey, SessionId, Timestamp};
use tessera_repositories::{Result, RevocationCursor, RevocationRepository};
use tokio::time::MissedTickBehavior;

use crate::ports::Clock;

/// How far the mirror may be behind the log before it stops being believed.
const MAX_LAG: Duration = Duration::from_secs(3);
/// How often it follows.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How many entries of the log are read at once.
const PAGE: u32 = 1_000;

/// The mirror of the revocation log in this process.
pub struct RevocationMirror {
    log: Arc<dyn RevocationRepository>,
    clock: Arc<dyn Clock>,
    seen: RwLock<Seen>,
}

/// What is known of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MirrorStanding {
    /// How many sessions it knows to be revoked.
    pub entries: usize,
    /// How long ago it last stood at the end of its log; `None` if it never did.
    pub lag: Option<Duration>,
}

#[derive(Debug)]
struct Seen {
    until: HashMap<SessionId, Timestamp>,
    cursor: RevocationCursor,
    synced_at: Option<Timestamp>,
}

impl RevocationMirror {
    /// A mirror that has seen nothing yet, and therefore asks the log until it has followed once.
    pub fn new(log: Arc<dyn RevocationRepository>, clock: Arc<dyn Clock>) -> Self {
        let seen = Seen { until: HashMap::new(), cursor: RevocationCursor::START, synced_at: None };
        Self { log, clock, seen: RwLock::new(seen) }
    }

    /// Whether `session` is revoked at `now`.
    pub async fn is_revoked(&self, session: SessionId, now: Timestamp) -> Result<bool> {
        // Bound first, so that the lock is released before anything is awaited.
        let known = self.read().knows(session, now);
        match known {
            Some(revoked) => Ok(revoked),
            None => self.log.is_revoked(&[RevokedKey::Session(session)], now).await,
        }
    }

    /// Takes note of what this process has just revoked durably.
    pub fn note(&self, revocations: &[Revocation]) {
        self.write().add(revocations);
    }

    /// Reads the log to its end.
    pub async fn follow(&self) -> Result<()> {
        let started_at = self.clock.now();
        loop {
            let cursor = self.read().cursor;
            let page = self.log.list_after(cursor, started_at, PAGE).await?;
            let mut seen = self.write();
            seen.add(&page.revocations);
            seen.cursor = seen.cursor.max(page.next);
            if !page.has_more {
                seen.synced_at = seen.synced_at.max(Some(started_at));
                return Ok(());
            }
        }
    }

    /// Follows the log for as long as the process lives.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(FOLLOW_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_behind = false;
        loop {
            ticks.tick().await;
            let outcome = self.follow().await;
            match &outcome {
                Err(error) if !was_behind => tracing::warn!(%error, "the revocation mirror cannot follow its log"),
                Ok(()) if was_behind => tracing::info!("the revocation mirror follows its log again"),
                _ => {}
            }
            was_behind = outcome.is_err();
        }
    }

    /// How much it holds, and how far it is behind.
    pub fn standing(&self) -> MirrorStanding {
        let now = self.clock.now();
        let seen = self.read();
        MirrorStanding { entries: seen.until.len(), lag: seen.synced_at.map(|at| now.since(at)) }
    }

    /// Forgets what no longer matters at `now`.
    pub fn forget_expired(&self, now: Timestamp) {
        self.write().until.retain(|_, until| *until > now);
    }

    fn read(&self) -> RwLockReadGuard<'_, Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Seen> {
        self.seen.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn add(&mut self, revocations: &[Revocation]) {
        for revocation in revocations {
            if let RevokedKey::Session(session) = revocation.key {
                let until = self.until.entry(session).or_insert(revocation.until);
                *until = revocation.until.max(*until);
            }
        }
    }

    /// `None` when the mirror cannot tell. What it has seen revoked is revoked however late it is.
    fn knows(&self, session: SessionId, now: Timestamp) -> Option<bool> {
        if self.until.get(&session).is_some_and(|until| now < *until) {
            return Some(true);
        }
        self.synced_at.filter(|at| now.since(*at) <= MAX_LAG).map(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::TokenId;
    use tessera_repositories::{MockRevocationRepository, RepositoryError, RevocationPage};

    use super::*;
    use crate::ports::MockClock;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000);
    const ENDED: SessionId = SessionId::from_bytes([1; 16]);
    const OTHER: SessionId = SessionId::from_bytes([2; 16]);

    fn mirror(log: MockRevocationRepository) -> RevocationMirror {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(START);
        RevocationMirror::new(Arc::new(log), Arc::new(clock))
    }

    fn until(session: SessionId, until: Timestamp) -> Revocation {
        Revocation { key: RevokedKey::Session(session), until }
    }

    fn page(sessions: &[SessionId], next: i64, has_more: bool) -> RevocationPage {
        let revocations = sessions.iter().map(|session| until(*session, START.plus(MAX_LAG * 10))).collect();
        RevocationPage { revocations, next: RevocationCursor::after(next), has_more }
    }

    #[tokio::test]
    async fn follows_page_after_page_and_then_asks_nobody() {
        let mut log = MockRevocationRepository::new();
        log.expect_list_after()
            .withf(|cursor, _, _| *cursor == RevocationCursor::START)
            .return_once(|_, _, _| Ok(page(&[], 7, true)));
        log.expect_list_after()
            .withf(|cursor, _, _| *cursor == RevocationCursor::after(7))
            .return_once(|_, _, _| Ok(page(&[ENDED], 8, false)));
        log.expect_is_revoked().never();
        let mirror = mirror(log);
        mirror.follow().await.expect("the log answers");
        assert!(mirror.is_revoked(ENDED, START).await.expect("known"));
        assert!(!mirror.is_revoked(OTHER, START).await.expect("known"));
    }

    #[tokio::test]
    async fn asks_the_log_when_it_is_behind_and_never_guesses() {
        let mut log = MockRevocationRepository::new();
        log.expect_list_after().return_once(|_, _, _| Ok(page(&[], 0, false)));
        log.expect_is_revoked().times(1).returning(|_, _| Ok(true));
        log.expect_is_revoked().times(1).returning(|_, _| Err(RepositoryError::transient("away", "refused")));
        let mirror = mirror(log);
        mirror.follow().await.expect("the log answers");
        let late = START.plus(MAX_LAG + Duration::from_micros(1));
        assert!(!mirror.is_revoked(ENDED, START.plus(MAX_LAG)).await.expect("known"));
        assert!(mirror.is_revoked(ENDED, late).await.expect("asked"));
        assert!(mirror.is_revoked(ENDED, late).await.is_err());
    }

    #[tokio::test]
    async fn it_says_how_far_behind_it_is() {
        let mut log = MockRevocationRepository::new();
        log.expect_list_after().return_once(|_, _, _| Ok(page(&[ENDED], 1, false)));
        let mirror = mirror(log);
        assert_eq!(mirror.standing(), MirrorStanding { entries: 0, lag: None });
        mirror.follow().await.expect("the log answers");
        assert_eq!(mirror.standing(), MirrorStanding { entries: 1, lag: Some(Duration::ZERO) });
    }

    #[tokio::test]
    async fn what_this_process_revoked_counts_at_once() {
        let mut log = MockRevocationRepository::new();
        log.expect_is_revoked().never();
        let mirror = mirror(log);
        mirror.note(&[until(ENDED, START.plus(MAX_LAG))]);
        assert!(mirror.is_revoked(ENDED, START).await.expect("known"));
    }

    #[tokio::test]
    async fn forgets_what_has_expired_and_nothing_else() {
        let mirror = mirror(MockRevocationRepository::new());
        mirror.note(&[until(ENDED, START), until(OTHER, START.plus(Duration::from_micros(1)))]);
        mirror.forget_expired(START);
        assert_eq!(mirror.read().until.keys().copied().collect::<Vec<_>>(), [OTHER]);
    }

    #[tokio::test]
    async fn a_single_token_takes_no_place() {
        let mirror = mirror(MockRevocationRepository::new());
        let key = RevokedKey::Token(TokenId::from_bytes([3; 16]));
        mirror.note(&[Revocation { key, until: START.plus(Duration::from_hours(7 * 24)) }]);
        assert!(mirror.read().until.is_empty());
    }
}
