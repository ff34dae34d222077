//! Sixteen tasks that start together and must not both win.

use tessera_domain::{EndReason, RevokedKey, SecurityVersion, SessionId, SessionState};

use super::{ANSWERS, SOON, SessionPorts, after, is_ended, logout, session};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::session_id;
use crate::{OpenOutcome, RevocationCursor, RotateOutcome, SessionEnding};

/// One of sixteen refreshes rotates; the others are told of the same successor, and the session works (T4).
pub async fn one_token_rotates_once(ports: &SessionPorts) {
    let session = ports.opened().await;
    let outcomes = race(|_| {
        let (ports, id) = (ports.clone(), session.id);
        async move { ports.rotate(id, 0, after(1)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, RotateOutcome::Rotated(_))), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, RotateOutcome::Retried(_))), RACERS - 1);
    let stored = ports.find(session.id).await.expect("the session is there");
    for outcome in outcomes {
        let (RotateOutcome::Rotated(told) | RotateOutcome::Retried(told)) = outcome else {
            panic!("neither rotated nor retried");
        };
        assert_eq!(told, stored);
    }
    assert!(matches!(ports.rotate(session.id, 1, after(2)).await, RotateOutcome::Rotated(_)));
}

/// One of sixteen presentations of a stolen token ends the session, and it is recorded once.
pub async fn one_reuse_ends_the_session_once(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    let outcomes = race(|_| {
        let (ports, id) = (ports.clone(), session.id);
        async move { ports.rotate(id, 0, after(3)).await }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, RotateOutcome::Reused(_))), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, RotateOutcome::Ended(_))), RACERS - 1);
    let log = ports.revocations.list_after(RevocationCursor::START, SOON, 100).await.expect(ANSWERS);
    assert_eq!(log.revocations.len(), 1);
}

/// A refresh that races with a logout wins or loses, but the session is over afterwards (invariant I2).
pub async fn an_end_is_final_whatever_races_with_it(ports: &SessionPorts) {
    let session = ports.opened().await;
    race(|number| {
        let (ports, id) = (ports.clone(), session.id);
        async move {
            if number % 2 == 0 {
                ports.end(&logout(&[id], after(1))).await;
                assert!(matches!(ports.rotate(id, 1, after(1)).await, RotateOutcome::Ended(_)));
            } else {
                assert_ne!(ports.rotate(id, 0, after(1)).await, RotateOutcome::Unknown);
            }
        }
    })
    .await;
    let stored = ports.find(session.id).await.expect("the session is there");
    assert_eq!(stored.state, SessionState::Ended { at: after(1), reason: EndReason::LoggedOut });
    assert!(ports.is_revoked(session.id, SOON).await);
}

/// Whoever sees one part of an end sees all of it.
pub async fn an_end_is_seen_entirely_or_not_at_all(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let mut ids = Vec::new();
    for number in 0..RACERS {
        ids.push(ports.opened_for(number, user).await.id);
    }
    race(|number| {
        let (ports, ids) = (ports.clone(), ids.clone());
        async move {
            if number == 0 {
                ports.end(&logout(&ids, after(1))).await;
            } else {
                let (first, last) = (session_id(0), session_id(RACERS - 1));
                look_until_ended(&ports, first, last).await;
            }
        }
    })
    .await;
}

/// The same where the end is the answer to a stolen token.
pub async fn a_reuse_is_seen_entirely_or_not_at_all(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    race(|number| {
        let (ports, id) = (ports.clone(), session.id);
        async move {
            if number == 0 {
                assert!(matches!(ports.rotate(id, 0, after(3)).await, RotateOutcome::Reused(_)));
            } else {
                look_until_ended(&ports, id, id).await;
            }
        }
    })
    .await;
}

/// Looks for any part of an end, over and over. Once one is seen, each other part must be there, whichever of them the
/// store wrote first.
async fn look_until_ended(ports: &SessionPorts, first: SessionId, last: SessionId) {
    loop {
        if ports.is_revoked(last, SOON).await {
            assert!(is_ended(ports.find(first).await.as_ref()), "revoked, and not ended");
            return;
        }
        if is_ended(ports.find(last).await.as_ref()) {
            let both = [RevokedKey::Session(first), RevokedKey::Session(last)];
            for key in both {
                assert!(ports.revocations.is_revoked(&[key], SOON).await.expect(ANSWERS), "ended, and not revoked");
            }
            assert!(is_ended(ports.find(first).await.as_ref()), "one of two");
            return;
        }
    }
}

/// Sixteen devices at once.
pub async fn simultaneous_logins_each_get_their_session(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let outcomes = race(|number| {
        let (ports, session) = (ports.clone(), session(number, user));
        async move { ports.sessions.open(&session, SecurityVersion::FIRST).await.expect(ANSWERS) }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| *outcome == OpenOutcome::Opened), RACERS);
    for number in 0..RACERS {
        assert_eq!(ports.find(session_id(number)).await, Some(session(number, user)));
    }
}

/// Of two reasons at once, the first one stays; it is never a mixture.
pub async fn simultaneous_ends_keep_one_reason(ports: &SessionPorts) {
    let session = ports.opened().await;
    let end_of = |number: usize| {
        let reason = if number.is_multiple_of(2) { EndReason::LoggedOut } else { EndReason::RefreshReused };
        (after(u64::try_from(number).expect("a small number")), reason)
    };
    race(|number| {
        let (ports, id) = (ports.clone(), session.id);
        let (at, reason) = end_of(number);
        async move { ports.end(&SessionEnding { reason, ..logout(&[id], at) }).await }
    })
    .await;
    let stored = ports.find(session.id).await.expect("the session is there");
    let possible = (0..RACERS).map(end_of).map(|(at, reason)| SessionState::Ended { at, reason });
    assert!(possible.into_iter().any(|state| state == stored.state));
    ports.end(&logout(&[session.id], after(99))).await;
    assert_eq!(ports.find(session.id).await, Some(stored));
}

/// Sixteen clean-ups share the work, and none is told of a session that another one deleted.
pub async fn simultaneous_deletions_count_each_session_once(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let mut expiry = after(0);
    for number in 0..20 {
        expiry = ports.opened_for(number, user).await.idle_expires_at;
    }
    let counts = race(|_| {
        let ports = ports.clone();
        async move { ports.sessions.delete_expired(expiry, 2).await.expect(ANSWERS) }
    })
    .await;
    assert!(counts.iter().all(|&deleted| deleted <= 2));
    let rest = ports.sessions.delete_expired(expiry, 100).await.expect(ANSWERS);
    assert_eq!(counts.iter().sum::<u32>() + rest, 20);
}
