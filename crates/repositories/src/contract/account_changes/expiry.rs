//! The exact edges of time.

use super::{ANSWERS, AT, AccountPorts};
use crate::contract::sample::TICK;
use crate::{ActivationOutcome, PasswordChangeOutcome};

/// At the moment of expiry it is too late; who comes too late changes nothing for a process whose clock is behind.
pub async fn a_link_replaces_the_password_until_it_expires(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let end = estate.reset.expires_at;
    let late = ports.change_password(&estate.password_change(estate.link(), 1, end)).await;
    assert_eq!(late, PasswordChangeOutcome::Refused);
    ports.assert_untouched(&estate).await;
    let in_time = ports.change_password(&estate.password_change(estate.link(), 2, end.minus(TICK))).await;
    assert!(matches!(in_time, PasswordChangeOutcome::Changed { .. }));
}

/// The same where a link confirms an address.
pub async fn a_link_confirms_the_address_until_it_expires(ports: &AccountPorts) {
    let estate = ports.estate(1).await;
    let end = estate.verification.expires_at;
    let confirm = async |at| ports.changes.confirm_email(&estate.verification.digest, at).await.expect(ANSWERS);
    assert_eq!(confirm(end).await, None);
    assert!(!ports.credentials(estate.id()).await.user.is_verified);
    assert!(confirm(end.minus(TICK)).await.is_some_and(|user| user.is_verified));
}

/// Until the last access tokens of those sessions have expired.
pub async fn the_ends_of_sessions_stay_recorded_as_long_as_asked(ports: &AccountPorts) {
    let (one, other) = (ports.estate(1).await, ports.estate(2).await);
    let change = one.password_change(one.password(), 1, AT);
    assert!(matches!(ports.change_password(&change).await, PasswordChangeOutcome::Changed { .. }));
    assert!(matches!(ports.set_active(other.id(), false, AT).await, ActivationOutcome::Set { .. }));
    let until = change.revoke_until;
    for session in one.sessions.iter().chain(&other.sessions) {
        assert!(ports.is_revoked(session, until.minus(TICK)).await);
        assert!(!ports.is_revoked(session, until).await);
    }
}
