//! Every outcome of every method.

use tessera_domain::{EndReason, RevokedKey, SecurityVersion, Session};

use super::{ANSWERS, SOON, SessionPorts, after, logout, rotation, session};
use crate::contract::sample::{LIMITS, NOW, new_user, revocation, session_id, user_id};
use crate::{InsertOutcome, OpenOutcome, RevocationCursor, RotateOutcome, RotateSession, SessionEnding};

/// Every field comes back.
pub async fn an_opened_session_is_found_as_it_was_given(ports: &SessionPorts) {
    let session = ports.opened().await;
    assert_eq!(ports.find(session.id).await, Some(session));
}

/// An absent session is `None`, not an error.
pub async fn no_session_is_found_in_an_empty_store(ports: &SessionPorts) {
    assert_eq!(ports.find(session_id(1)).await, None);
}

async fn refused(ports: &SessionPorts, session: &Session, version: SecurityVersion) {
    let outcome = ports.sessions.open(session, version).await.expect(ANSWERS);
    assert_eq!(outcome, OpenOutcome::Superseded);
    assert_eq!(ports.find(session.id).await, None, "nothing was written");
}

/// An account that was deleted while its password was being hashed gets no session.
pub async fn no_session_opens_for_an_absent_account(ports: &SessionPorts) {
    refused(ports, &session(1, user_id(1)), SecurityVersion::FIRST).await;
}

/// Nor does one that was disabled.
pub async fn no_session_opens_for_an_inactive_account(ports: &SessionPorts) {
    let mut new = new_user(1);
    new.user.is_active = false;
    assert_eq!(ports.users.insert(&new).await.expect(ANSWERS), InsertOutcome::Inserted);
    refused(ports, &session(1, new.user.id), SecurityVersion::FIRST).await;
}

/// Nor one whose password changed.
pub async fn no_session_opens_for_credentials_of_another_version(ports: &SessionPorts) {
    let user = ports.account(1).await;
    for number in [-1, 1] {
        refused(ports, &session(1, user), SecurityVersion::from_number(number)).await;
    }
}

/// It is spent, and the session is one generation on.
pub async fn the_current_token_rotates(ports: &SessionPorts) {
    let session = ports.opened().await;
    let expected = session.clone().rotated(after(60), LIMITS.idle);
    assert_eq!(ports.rotate(session.id, 0, after(60)).await, RotateOutcome::Rotated(expected.clone()));
    assert_eq!(ports.find(session.id).await, Some(expected));
}

/// Each successor is current in its turn; other sessions of the account stay as they are.
pub async fn a_session_rotates_again_and_again(ports: &SessionPorts) {
    let session = ports.rotated(5).await;
    assert_eq!(ports.find(session.id).await, Some(session.clone()));
    let other = ports.opened_for(2, session.user_id).await;
    assert_eq!(
        ports.rotate(session.id, 5, after(6)).await,
        RotateOutcome::Rotated(session.rotated(after(6), LIMITS.idle))
    );
    assert_eq!(ports.find(other.id).await, Some(other));
}

/// A client whose answer was lost is given the same successor again, as often as it asks.
pub async fn the_predecessor_is_a_retry_that_changes_nothing(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    for _ in 0..3 {
        assert_eq!(ports.rotate(session.id, 1, after(5)).await, RotateOutcome::Retried(session.clone()));
    }
    assert_eq!(ports.find(session.id).await, Some(session.clone()));
    assert!(!ports.is_revoked(session.id, SOON).await);
}

/// Two generations back is no retry, however little time has passed (requirement T4).
pub async fn an_older_token_ends_the_session_at_once(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    let now = session.rotated_at;
    let ended = session.clone().ended(now, EndReason::RefreshReused);
    assert_eq!(ports.rotate(session.id, 0, now).await, RotateOutcome::Reused(ended.clone()));
    assert_eq!(ports.find(session.id).await, Some(ended.clone()));
    assert_eq!(ports.rotate(session.id, 2, now).await, RotateOutcome::Ended(ended), "the thief's token is dead too");
}

/// The session's access tokens die with it, and followers of the log hear of it.
pub async fn reuse_records_the_revocation_in_the_same_step(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    assert!(!ports.is_revoked(session.id, SOON).await);
    assert!(matches!(ports.rotate(session.id, 0, after(3)).await, RotateOutcome::Reused(_)));
    assert!(ports.is_revoked(session.id, SOON).await);
    let log = ports.revocations.list_after(RevocationCursor::START, SOON, 10).await.expect(ANSWERS);
    let keys: Vec<_> = log.revocations.iter().map(|revocation| revocation.key).collect();
    assert_eq!(keys, [RevokedKey::Session(session.id)]);
}

/// It cannot have been signed by us for this session; it ends nothing.
pub async fn a_generation_of_the_future_is_unknown_and_harmless(ports: &SessionPorts) {
    let session = ports.rotated(1).await;
    for generation in [2, 3, u32::MAX] {
        assert_eq!(ports.rotate(session.id, generation, after(2)).await, RotateOutcome::Unknown);
    }
    assert_eq!(ports.find(session.id).await, Some(session));
}

/// A session that was cleaned up, or never was.
pub async fn a_token_of_no_session_is_unknown(ports: &SessionPorts) {
    assert_eq!(ports.rotate(session_id(1), 0, NOW).await, RotateOutcome::Unknown);
    assert!(!ports.is_revoked(session_id(1), SOON).await);
}

/// Whatever its generation is: a session serves the account that opened it, and nobody else ends it.
pub async fn a_token_of_another_account_is_unknown_and_harmless(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    let other = ports.account(2).await;
    for generation in [0, 1, 2, 3] {
        let theirs = RotateSession { user_id: other, ..rotation(session.id, generation, after(3)) };
        assert_eq!(ports.sessions.rotate(&theirs).await.expect(ANSWERS), RotateOutcome::Unknown, "{generation}");
    }
    assert_eq!(ports.find(session.id).await, Some(session.clone()));
    assert!(!ports.is_revoked(session.id, SOON).await);
    ports.end(&logout(&[session.id], after(4))).await;
    let ended = RotateSession { user_id: other, ..rotation(session.id, 2, after(5)) };
    assert_eq!(
        ports.sessions.rotate(&ended).await.expect(ANSWERS),
        RotateOutcome::Unknown,
        "nor is it told of its end"
    );
}

/// No generation of it is anything but ended, and asking changes nothing (invariant I2).
pub async fn an_ended_session_never_rotates(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    ports.end(&SessionEnding { revocations: Vec::new(), ..logout(&[session.id], after(3)) }).await;
    let ended = session.clone().ended(after(3), EndReason::LoggedOut);
    for generation in [0, 1, 2, 3] {
        assert_eq!(ports.rotate(session.id, generation, after(4)).await, RotateOutcome::Ended(ended.clone()));
    }
    assert_eq!(ports.find(session.id).await, Some(ended));
    assert!(!ports.is_revoked(session.id, SOON).await, "nothing was recorded that nobody asked for");
}

/// The end and what it revokes are one step.
pub async fn a_session_ends_with_its_revocations(ports: &SessionPorts) {
    let session = ports.opened().await;
    let ending = SessionEnding { revocations: vec![revocation(5)], ..logout(&[session.id], after(3)) };
    ports.end(&ending).await;
    assert_eq!(ports.find(session.id).await, Some(session.ended(after(3), EndReason::LoggedOut)));
    assert!(ports.revocations.is_revoked(&[revocation(5).key], SOON).await.expect(ANSWERS));
}

/// A logout on one device is not one on another.
pub async fn only_the_named_sessions_end(ports: &SessionPorts) {
    let session = ports.opened().await;
    let other = ports.opened_for(2, session.user_id).await;
    ports.end(&logout(&[session.id], after(3))).await;
    assert_eq!(ports.find(other.id).await, Some(other.clone()));
    assert!(!ports.is_revoked(other.id, SOON).await);
    assert!(matches!(ports.rotate(other.id, 0, after(4)).await, RotateOutcome::Rotated(_)));
}

/// Every named session and every revocation.
pub async fn several_sessions_end_together(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let mut sessions = Vec::new();
    for number in 1..=3 {
        sessions.push(ports.opened_for(number, user).await);
    }
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    ports.end(&logout(&ids, after(3))).await;
    for session in sessions {
        assert!(ports.is_revoked(session.id, SOON).await);
        assert_eq!(ports.find(session.id).await, Some(session.ended(after(3), EndReason::LoggedOut)));
    }
}

/// Ending again is no error and changes nothing, but records what it was asked to.
pub async fn a_second_end_keeps_the_first_reason(ports: &SessionPorts) {
    let session = ports.opened().await;
    ports.end(&logout(&[session.id], after(3))).await;
    let again = SessionEnding {
        reason: EndReason::RefreshReused,
        revocations: vec![revocation(5)],
        ..logout(&[session.id], after(4))
    };
    ports.end(&again).await;
    assert_eq!(ports.find(session.id).await, Some(session.ended(after(3), EndReason::LoggedOut)));
    assert!(ports.revocations.is_revoked(&[revocation(5).key], SOON).await.expect(ANSWERS));
}

/// A session may be cleaned up before its owner logs out; the logout counts all the same.
pub async fn the_end_of_a_session_that_is_gone_still_revokes(ports: &SessionPorts) {
    let session = ports.opened().await;
    ports.end(&logout(&[session_id(9), session.id], after(3))).await;
    assert_eq!(ports.find(session_id(9)).await, None);
    assert!(ports.is_revoked(session_id(9), SOON).await);
    assert_eq!(ports.find(session.id).await, Some(session.ended(after(3), EndReason::LoggedOut)));
}

/// Nothing to end and nothing to record.
pub async fn an_empty_end_is_no_error(ports: &SessionPorts) {
    ports.end(&logout(&[], NOW)).await;
    let log = ports.revocations.list_after(RevocationCursor::START, SOON, 10).await.expect(ANSWERS);
    assert!(log.revocations.is_empty());
}
