//! What happens at the exact edges of time.

use tessera_domain::{EndReason, Generation, Session};

use super::{ANSWERS, SessionPorts, WINDOW, after, is_ended, logout};
use crate::RotateOutcome;
use crate::contract::sample::{LIMITS, TICK};

/// A retry until the last moment before the window closes, reuse from then on.
pub async fn the_retry_window_closes_on_time(ports: &SessionPorts) {
    let session = ports.rotated(1).await;
    let close = session.rotated_at.plus(WINDOW);
    assert_eq!(ports.rotate(session.id, 0, close.minus(TICK)).await, RotateOutcome::Retried(session.clone()));
    let ended = session.clone().ended(close, EndReason::RefreshReused);
    assert_eq!(ports.rotate(session.id, 0, close).await, RotateOutcome::Reused(ended.clone()));
    assert_eq!(ports.find(session.id).await, Some(ended));
}

/// A step back of the clock makes the window longer, never shorter.
pub async fn a_clock_that_goes_back_logs_nobody_out(ports: &SessionPorts) {
    let session = ports.opened().await;
    let rotated = session.rotated(after(7_200), LIMITS.idle);
    assert_eq!(ports.rotate(rotated.id, 0, after(7_200)).await, RotateOutcome::Rotated(rotated.clone()));
    assert_eq!(ports.rotate(rotated.id, 0, after(3_600)).await, RotateOutcome::Retried(rotated.clone()));
    let again = rotated.clone().rotated(after(3_600), LIMITS.idle);
    assert_eq!(ports.rotate(rotated.id, 1, after(3_600)).await, RotateOutcome::Rotated(again));
}

/// Current until the last moment, unknown from the moment of expiry on.
pub async fn a_token_expires_on_time(ports: &SessionPorts) {
    let session = ports.opened().await;
    let end = session.idle_expires_at;
    assert_eq!(ports.rotate(session.id, 0, end).await, RotateOutcome::Unknown);
    assert_eq!(ports.find(session.id).await, Some(session.clone()), "expiry writes nothing");
    assert!(matches!(ports.rotate(session.id, 0, end.minus(TICK)).await, RotateOutcome::Rotated(_)));
}

/// Whoever comes back after a holiday with an old token is no thief.
pub async fn an_expired_token_is_unknown_and_not_reused(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    for generation in [0, 1, 2, 3] {
        let outcome = ports.rotate(session.id, generation, session.idle_expires_at).await;
        assert_eq!(outcome, RotateOutcome::Unknown);
    }
    assert!(!ports.is_revoked(session.id, after(0)).await);
    assert_eq!(ports.find(session.id).await, Some(session));
}

/// However often it is refreshed, a session ends (requirement T5).
pub async fn rotation_never_passes_the_absolute_limit(ports: &SessionPorts) {
    let mut session = ports.opened().await;
    let day = 24 * 3_600;
    for (generation, days) in [(0, 6), (1, 12), (2, 18), (3, 23), (4, 29)] {
        let now = after(days * day);
        session = session.rotated(now, LIMITS.idle);
        assert_eq!(ports.rotate(session.id, generation, now).await, RotateOutcome::Rotated(session.clone()));
    }
    assert_eq!(session.idle_expires_at, session.expires_at, "the case this is about");
    assert_eq!(ports.rotate(session.id, 5, session.expires_at).await, RotateOutcome::Unknown);
}

/// Until the last access token of the session has expired.
pub async fn the_revocation_of_reuse_lasts_as_long_as_asked(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    assert!(matches!(ports.rotate(session.id, 0, after(3)).await, RotateOutcome::Reused(_)));
    let until = super::rotation(session.id, 0, after(3)).revoke_until;
    assert!(ports.is_revoked(session.id, until.minus(TICK)).await);
    assert!(!ports.is_revoked(session.id, until).await);
}

/// Expired is not gone: whoever lists or ends it still can.
pub async fn an_expired_session_is_found_until_it_is_deleted(ports: &SessionPorts) {
    let session = ports.opened().await;
    assert_eq!(ports.rotate(session.id, 0, session.expires_at).await, RotateOutcome::Unknown);
    assert_eq!(ports.find(session.id).await, Some(session.clone()));
    assert_eq!(ports.sessions.delete_expired(session.expires_at, 10).await.expect(ANSWERS), 1);
    assert_eq!(ports.find(session.id).await, None);
}

/// Not a moment earlier than its last refresh token expires, and without waiting for the absolute limit.
pub async fn deletion_begins_at_the_moment_of_expiry(ports: &SessionPorts) {
    let session = ports.opened().await;
    let delete = async |now| ports.sessions.delete_expired(now, 10).await.expect(ANSWERS);
    assert_eq!(delete(session.idle_expires_at.minus(TICK)).await, 0);
    assert_eq!(ports.find(session.id).await, Some(session.clone()));
    assert_eq!(delete(session.idle_expires_at).await, 1);
    assert_eq!(delete(session.idle_expires_at).await, 0);
}

/// Small batches: at most as many as asked for, and an exact count.
pub async fn deletion_keeps_to_its_limit(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let mut last = None;
    for number in 0..5 {
        last = Some(ports.opened_for(number, user).await);
    }
    let now = last.map(|session| session.idle_expires_at).expect("some were opened");
    let mut deleted = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        deleted.push(ports.sessions.delete_expired(now, limit).await.expect(ANSWERS));
    }
    assert_eq!(deleted, [0, 2, 2, 1, 0]);
}

/// A refreshed session lives on; an ended one is kept until its last refresh token has expired, so that the token is
/// answered as ended and not as unknown.
pub async fn deletion_spares_what_is_live_and_what_ended_early(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let stale = ports.opened_for(1, user).await;
    let fresh = ports.opened_for(2, user).await;
    let ended = ports.opened_for(3, user).await;
    assert!(matches!(ports.rotate(fresh.id, 0, after(60)).await, RotateOutcome::Rotated(_)));
    ports.end(&logout(&[ended.id], after(60))).await;
    let delete = async |now| ports.sessions.delete_expired(now, 10).await.expect(ANSWERS);

    assert_eq!(delete(after(61)).await, 0);
    assert!(is_ended(ports.find(ended.id).await.as_ref()));
    assert_eq!(delete(stale.idle_expires_at).await, 2, "the stale and the ended one");
    let survivor: Option<Session> = ports.find(fresh.id).await;
    assert_eq!(survivor.map(|session| session.generation), Some(Generation::FIRST.next()));
}
