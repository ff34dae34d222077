//! What must not both win.

use std::collections::BTreeSet;

use tessera_domain::{NewUser, SecurityVersion};

use super::ROUNDS;
use crate::contract::account_changes::estate::{Estate, new_hash};
use crate::contract::account_changes::{ANSWERS, AT, AccountPorts};
use crate::contract::race::{RACERS, count, race};
use crate::contract::sample::{email, new_user};
use crate::{Authority, InsertOutcome, PasswordChangeOutcome, ProfileChangeOutcome};

/// Sixteen changes of one password, each by the authority that `authority` gives it: one is made, and all of it.
async fn one_wins(ports: &AccountPorts, authority: impl Fn(&Estate, usize) -> Authority) {
    let mut expected = BTreeSet::new();
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let number = |racer: usize| round * RACERS + racer;
        let outcomes = race(|racer| {
            let change = estate.password_change(authority(&estate, racer), number(racer), AT);
            let ports = ports.clone();
            async move { ports.change_password(&change).await }
        })
        .await;
        let is_winner = |outcome: &PasswordChangeOutcome| matches!(outcome, PasswordChangeOutcome::Changed { .. });
        assert_eq!(count(&outcomes, is_winner), 1, "{outcomes:?}");
        let winner = outcomes.iter().position(is_winner).expect("one won");
        let stored = ports.credentials(estate.id()).await;
        assert_eq!(stored.password_hash, new_hash(number(winner)), "round {round}");
        assert_eq!(stored.version, SecurityVersion::FIRST.next());
        let reason = authority(&estate, winner).end_reason();
        ports.assert_ended(&estate, AT, reason).await;
        let change = estate.password_change(authority(&estate, winner), number(winner), AT);
        expected.extend([estate.news.id, change.notice.id]);
    }
    assert_eq!(ports.waiting().await, expected, "one notice each");
}

/// Whoever verified the same password.
pub async fn one_of_sixteen_changes_under_one_version_wins(ports: &AccountPorts) {
    one_wins(ports, |estate, _| estate.password()).await;
}

/// Whoever holds the same link (invariant I1).
pub async fn one_of_sixteen_changes_with_one_link_wins(ports: &AccountPorts) {
    one_wins(ports, |estate, _| estate.link()).await;
}

/// Who knows the password and who holds the link are in each other's way too.
pub async fn one_change_wins_whatever_permits_it(ports: &AccountPorts) {
    one_wins(ports, |estate, racer| if racer % 2 == 0 { estate.password() } else { estate.link() }).await;
}

/// A link is spent once, and the address is confirmed.
pub async fn one_of_sixteen_confirmations_wins(ports: &AccountPorts) {
    for round in 0..ROUNDS {
        let estate = ports.estate(round).await;
        let confirmed = race(|_| {
            let (ports, link) = (ports.clone(), estate.verification.digest);
            async move { ports.changes.confirm_email(&link, AT).await.expect(ANSWERS) }
        })
        .await;
        assert_eq!(count(&confirmed, Option::is_some), 1, "round {round}");
        assert!(ports.credentials(estate.id()).await.user.is_verified);
    }
}

/// Of sixteen accounts that want one address one gets it, and the others learn it.
pub async fn one_of_sixteen_accounts_gets_an_address(ports: &AccountPorts) {
    let estates = sixteen(ports).await;
    for round in 0..ROUNDS {
        let wanted = format!("wanted{round}@example.org");
        let outcomes = race(|racer| {
            let change = estates.get(racer).map(|estate| estate.move_to(&wanted, racer, AT));
            let (ports, change) = (ports.clone(), change.expect("one a racer"));
            async move { ports.change_profile(&change).await }
        })
        .await;
        let taken = ProfileChangeOutcome::Taken { email: true, username: false };
        assert_eq!(count(&outcomes, |outcome| *outcome == taken), RACERS - 1, "{outcomes:?}");
        let winner = outcomes.iter().position(|outcome| matches!(outcome, ProfileChangeOutcome::Changed(_)));
        let winner = winner.and_then(|racer| estates.get(racer)).expect("one got it");
        assert_eq!(ports.credentials(winner.id()).await.user.email, email(&wanted));
    }
}

/// Somebody who registers with an address and somebody who moves to it.
pub async fn a_registration_and_a_change_do_not_share_an_address(ports: &AccountPorts) {
    let estates = sixteen(ports).await;
    for round in 0..ROUNDS {
        let wanted = format!("wanted{round}@example.org");
        let won = race(|racer| {
            let change = estates.get(racer).map(|estate| estate.move_to(&wanted, racer, AT));
            let (ports, change) = (ports.clone(), change.expect("one a racer"));
            let NewUser { mut user, password_hash } = new_user(100 + round * RACERS + racer);
            user.email = email(&wanted);
            async move {
                if racer % 2 == 0 {
                    matches!(ports.change_profile(&change).await, ProfileChangeOutcome::Changed(_))
                } else {
                    let new = NewUser { user, password_hash };
                    ports.users.insert(&new).await.expect(ANSWERS) == InsertOutcome::Inserted
                }
            }
        })
        .await;
        assert_eq!(count(&won, |won| *won), 1, "round {round}");
    }
}

/// Each wants the address of the next one, and the last one a free one: some get theirs, others find it taken, and nobody
/// waits for somebody who waits for them.
pub async fn accounts_that_exchange_their_addresses_do_not_wait_in_a_circle(ports: &AccountPorts) {
    let estates = sixteen(ports).await;
    for round in 0..ROUNDS {
        let mut addresses = Vec::new();
        for estate in &estates {
            addresses.push(ports.credentials(estate.id()).await.user.email);
        }
        addresses.push(email(&format!("free{round}@example.org")));
        let outcomes = race(|racer| {
            let next = addresses.get(racer + 1).expect("one more than racers").as_str();
            let change = estates.get(racer).map(|estate| estate.move_to(next, racer, AT));
            let (ports, change) = (ports.clone(), change.expect("one a racer"));
            async move { ports.change_profile(&change).await }
        })
        .await;
        assert!(outcomes.iter().all(|outcome| *outcome != ProfileChangeOutcome::Superseded), "{outcomes:?}");
        assert!(matches!(outcomes.last(), Some(ProfileChangeOutcome::Changed(_))), "nobody else wanted it");
    }
}

async fn sixteen(ports: &AccountPorts) -> Vec<Estate> {
    let mut estates = Vec::new();
    for number in 0..RACERS {
        estates.push(ports.estate(number).await);
    }
    estates
}
