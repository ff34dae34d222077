//! What must be seen as one.

use tessera_domain::SecurityVersion;

use super::ROUNDS;
use crate::PasswordChangeOutcome;
use crate::contract::account_changes::estate::Estate;
use crate::contract::account_changes::{ANSWERS, AT, AccountPorts};
use crate::contract::race::race;
use crate::contract::sample::after;

/// Whoever sees any part of a change sees all of it, whichever the store wrote first (invariant I4).
pub async fn a_change_is_seen_entirely_or_not_at_all(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        race(|racer| {
            let (ports, estate) = (ports.clone(), estate.clone());
            async move {
                if racer == 0 {
                    let change = estate.password_change(estate.password(), round, AT);
                    let outcome = ports.change_password(&change).await;
                    assert!(matches!(outcome, PasswordChangeOutcome::Changed { .. }));
                    return;
                }
                while !shows(&ports, &estate, racer % PARTS).await {}
                for part in 0..PARTS {
                    assert!(shows(&ports, &estate, part).await, "part {part} was missing, not part {}", racer % PARTS);
                }
            }
        })
        .await;
    }
}

const PARTS: usize = 5;

/// Whether a part of the change can be seen.
async fn shows(ports: &AccountPorts, estate: &Estate, part: usize) -> bool {
    let [_, session] = &estate.sessions;
    match part {
        0 => ports.credentials(estate.id()).await.version != SecurityVersion::FIRST,
        1 => ports.sessions.find(session.id).await.expect(ANSWERS).as_ref() != Some(session),
        2 => ports.is_revoked(session, AT).await,
        3 => !ports.is_live(&estate.verification).await,
        _ => !ports.outbox.renew(estate.claimed.id, 1, after(60)).await.expect(ANSWERS),
    }
}
