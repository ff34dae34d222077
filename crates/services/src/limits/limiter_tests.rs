//! What the limiter asks of its counters, and what becomes of the answers.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Allowance, ErrorKind, Identifier, Quota, RateLimitKey, RateLimitSecret, Timestamp};
use tessera_repositories::{MockRateLimitRepository, RateLimitRepository, Result};

use super::{Admission, Attempt, KnownArrivals, Limits, Policy, Quotas, RateLimiter as _, guarded};
use crate::fixtures::{NOW, away, broken, client, clock};
use crate::{ClientInfo, Outage};

/// Counters that judge as the domain does.
#[derive(Default)]
struct Counters(Mutex<Vec<(RateLimitKey, Timestamp)>>);

#[async_trait]
impl RateLimitRepository for Counters {
    async fn take(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<Allowance> {
        let mut kept = self.0.lock().expect("unpoisoned");
        let known = kept.iter().position(|(other, _)| *other == key);
        let (arrival, allowance) = quota.judge(known.map(|index| kept[index].1), now);
        match known {
            Some(index) => kept[index].1 = arrival,
            None => kept.push((key, arrival)),
        }
        Ok(allowance)
    }

    async fn forgive(&self, key: RateLimitKey, quota: Quota, now: Timestamp) -> Result<()> {
        let mut kept = self.0.lock().expect("unpoisoned");
        if let Some(index) = kept.iter().position(|(other, _)| *other == key) {
            kept[index].1 = quota.forgive(kept[index].1, now).unwrap_or(now);
        }
        Ok(())
    }
}

fn quota(limit: u32) -> Quota {
    Quota::new(limit, Duration::from_mins(1)).expect("a quota")
}

/// Two a minute for an account from one network, three for a network, four for an account from everywhere, and then one for
/// each neighbourhood.
fn limits(counters: impl RateLimitRepository + 'static) -> Limits {
    let quotas = Quotas {
        passwords: quota(2),
        passwords_per_address: quota(3),
        passwords_per_account: quota(4),
        passwords_under_attack: quota(1),
        tokens: quota(1),
        service_secrets: quota(1),
        registrations: quota(1),
        password_links: quota(1),
        password_links_per_address: quota(2),
    };
    let secret = RateLimitSecret::new([1; 32]);
    Limits {
        counters: Arc::new(counters),
        quotas,
        secret,
        clock: clock(),
        tally: Arc::default(),
        known: KnownArrivals::default(),
    }
}

fn password(name: &str) -> Attempt {
    Attempt::Password(Identifier::from_email(&format!("{name}@example.com")).expect("well-formed"))
}

fn at(ip: &str) -> ClientInfo {
    ClientInfo { ip: ip.parse::<IpAddr>().ok(), ..ClientInfo::default() }
}

fn remaining(client: &ClientInfo) -> Vec<(Policy, u32)> {
    client.standings.list().iter().map(|standing| (standing.policy, standing.allowance.remaining)).collect()
}

async fn admit(limits: &Limits, attempt: &Attempt) -> (Option<Admission>, ClientInfo) {
    let client = client();
    (limits.admit(attempt, &client).await.ok(), client)
}

async fn admits(limits: &Limits, attempt: &Attempt, ip: &str) -> bool {
    limits.admit(attempt, &at(ip)).await.is_ok()
}

#[tokio::test]
async fn whoever_tries_is_told_where_they_stand() {
    let limits = limits(Counters::default());
    for (left, of_the_network) in [(1, 2), (0, 1)] {
        let (admitted, client) = admit(&limits, &password("ana")).await;
        assert!(admitted.is_some());
        let expected = [(Policy::PasswordsPerAddress, of_the_network), (Policy::Passwords, left)];
        assert_eq!(remaining(&client), expected);
    }
}

#[tokio::test]
async fn what_is_refused_says_when_to_come_back_and_costs_nothing() {
    let limits = limits(Counters::default());
    for _ in 0..2 {
        assert!(admit(&limits, &password("ana")).await.0.is_some());
    }
    for _ in 0..5 {
        let client = client();
        let refused = limits.admit(&password("ana"), &client).await.expect_err("used up");
        assert_eq!((refused.kind(), refused.retry_after()), (ErrorKind::RateLimited, Duration::from_secs(30)));
        assert_eq!(remaining(&client), [(Policy::PasswordsPerAddress, 1), (Policy::Passwords, 0)]);
    }
    assert!(admit(&limits, &password("ben")).await.0.is_some(), "the network has one left for another account");
    assert_eq!(admit(&limits, &password("eve")).await.0, None);
}

#[tokio::test]
async fn a_network_that_used_up_its_own_quota_makes_no_new_keys() {
    let mut counters = MockRateLimitRepository::new();
    counters.expect_take().times(1).returning(|_, _, _| {
        let wait = Duration::from_secs(7);
        Ok(Allowance { allowed: false, remaining: 0, retry_after: wait, reset_after: wait })
    });
    let (admitted, client) = admit(&limits(counters), &password("ana")).await;
    assert_eq!((admitted, remaining(&client)), (None, vec![(Policy::PasswordsPerAddress, 0)]));
}

#[tokio::test]
async fn what_is_forgiven_was_never_tried() {
    let limits = limits(Counters::default());
    for _ in 0..20 {
        let (admitted, client) = admit(&limits, &password("ana")).await;
        limits.forgive(admitted.expect("admitted"), &client).await;
        assert_eq!(remaining(&client), [(Policy::PasswordsPerAddress, 3), (Policy::Passwords, 2)]);
    }
}

#[tokio::test]
async fn a_stranger_uses_up_their_own_quota_and_not_the_owners() {
    let limits = limits(Counters::default());
    while admits(&limits, &password("ana"), "2001:db8:bad::1").await {}
    assert!(!admits(&limits, &password("ana"), "2001:db8:bad::ffff").await, "another address of the same network");
    assert!(admits(&limits, &password("ana"), "2001:db8:900d::1").await);
}

/// Four guesses, from wherever they come; and then one of each neighbourhood.
#[tokio::test]
async fn a_crowd_of_strangers_is_slowed_down_and_locks_nobody_out() {
    let limits = limits(Counters::default());
    for number in 1..=4 {
        assert!(admits(&limits, &password("ana"), &format!("192.0.2.{number}")).await);
    }
    let (next, neighbour, owner) = (at("192.0.2.5"), at("192.0.2.6"), at("198.51.100.1"));
    assert!(limits.admit(&password("ana"), &next).await.is_ok());
    let refused = limits.admit(&password("ana"), &neighbour).await.expect_err("used up by a neighbour");
    assert_eq!(refused.retry_after(), Duration::from_secs(15), "when the account has one for everybody again");
    let told = [(Policy::PasswordsPerAccount, 0), (Policy::PasswordsUnderAttack, 0)];
    assert_eq!(remaining(&neighbour)[2..], told);
    for _ in 0..10 {
        let admission = limits.admit(&password("ana"), &owner).await.expect("the owner gets in");
        limits.forgive(admission, &owner).await;
    }
    assert_eq!(remaining(&owner), [(Policy::PasswordsPerAddress, 3), (Policy::Passwords, 2)], "and hears of no attack");
    assert!(admits(&limits, &password("ben"), "192.0.2.5").await, "another account is under none");
}

#[tokio::test]
async fn what_was_counted_in_the_place_of_another_is_given_back_there() {
    let limits = limits(Counters::default());
    for number in 1..=4 {
        assert!(admits(&limits, &password("ana"), &format!("192.0.2.{number}")).await);
    }
    let owner = at("198.51.100.1");
    let admission = limits.admit(&password("ana"), &owner).await.expect("admitted");
    limits.forgive(admission, &owner).await;
    assert!(admits(&limits, &password("ana"), "203.0.113.1").await, "one of its own neighbourhood");
    assert!(!admits(&limits, &password("ana"), "203.0.113.2").await, "the account's own quota is as used up as before");
}

#[tokio::test]
async fn counters_that_are_away_admit_nobody() {
    for (error, kind) in [(away as fn() -> _, ErrorKind::Unavailable), (broken, ErrorKind::Internal)] {
        let mut counters = MockRateLimitRepository::new();
        counters.expect_take().returning(move |_, _, _| Err(error()));
        let refused = limits(counters).admit(&password("ana"), &client()).await.expect_err("not counted");
        assert_eq!(refused.kind(), kind);
    }
}

#[tokio::test]
async fn what_cannot_be_given_back_stays_counted() {
    let mut counters = MockRateLimitRepository::new();
    counters.expect_take().returning(|_, quota, _| Ok(quota.judge(None, NOW).1));
    counters.expect_forgive().times(1).returning(|_, _, _| Err(away()));
    let limits = limits(counters);
    let (admitted, client) = admit(&limits, &Attempt::ServiceSecret).await;
    limits.forgive(admitted.expect("admitted"), &client).await;
    assert_eq!(remaining(&client), [(Policy::ServiceSecrets, 0)]);
}

/// Ends like this, as one attempt.
async fn try_once(limits: &Limits, attempt: &Attempt, result: Result<(), Outage>) -> Option<ErrorKind> {
    let is_wrong_guess = |error: &Outage| error.kind() == ErrorKind::Internal;
    let client = client();
    guarded(limits, attempt, &client, async { result }, is_wrong_guess).await.err().map(|error| error.kind())
}

#[tokio::test]
async fn only_a_wrong_guess_stays_counted() {
    for attempt in [Attempt::Token, Attempt::ServiceSecret] {
        let limits = limits(Counters::default());
        for _ in 0..3 {
            assert_eq!(try_once(&limits, &attempt, Ok(())).await, None);
            let nothing_was_compared = try_once(&limits, &attempt, Err(away().into())).await;
            assert_eq!(nothing_was_compared, Some(ErrorKind::Unavailable));
        }
        assert_eq!(try_once(&limits, &attempt, Err(broken().into())).await, Some(ErrorKind::Internal), "wrong");
        let right = try_once(&limits, &attempt, Ok(())).await;
        assert_eq!(right, Some(ErrorKind::RateLimited), "the right one comes too late");
    }
}

#[tokio::test]
async fn at_the_limit_nothing_is_even_begun() {
    for attempt in [Attempt::Token, Attempt::ServiceSecret] {
        let limits = limits(Counters::default());
        assert!(try_once(&limits, &attempt, Err(broken().into())).await.is_some());
        let work = async { panic!("begun") };
        let refused = guarded::<(), Outage>(&limits, &attempt, &client(), work, |_| true).await;
        assert!(matches!(refused, Err(Outage::Limited(_))));
    }
}

#[tokio::test]
async fn a_token_that_is_right_asks_no_counter() {
    let limits = limits(MockRateLimitRepository::new());
    let client = client();
    let right = guarded::<(), Outage>(&limits, &Attempt::Token, &client, async { Ok(()) }, |_| true).await;
    assert!(right.is_ok());
    assert_eq!(remaining(&client), [(Policy::Tokens, 1)], "as far as it is known here");
}

/// Of a crowd all are tried, and no more are told so than the limit allows: not by the one who hears of the others, either.
#[tokio::test]
async fn wrong_tokens_that_are_tried_at_once_are_one_wrong_token_and_many_too_many() {
    let counters = Arc::new(Counters::default());
    let [here, elsewhere] = [0, 1].map(|_| Limits { counters: counters.clone(), ..limits(Counters::default()) });
    let admissions = [(&here, client()), (&here, client()), (&elsewhere, client())];
    let mut admitted = Vec::new();
    for (limits, client) in &admissions {
        admitted.push((limits, client, limits.admit(&Attempt::Token, client).await.expect("none is wrong yet")));
    }
    let mut told = Vec::new();
    for (limits, client, admission) in admitted {
        told.push(limits.condemn(admission, client).await.map_err(|error| error.retry_after()));
        assert_eq!(remaining(client), [(Policy::Tokens, 0)]);
    }
    let minute = Duration::from_mins(1);
    assert_eq!(told.into_iter().map(Result::err).collect::<Vec<_>>(), [None, Some(minute), Some(minute)]);
}

#[tokio::test]
async fn a_wrong_token_that_cannot_be_counted_is_not_told_from_a_right_one() {
    let mut counters = MockRateLimitRepository::new();
    counters.expect_take().returning(|_, _, _| Err(away()));
    let told = try_once(&limits(counters), &Attempt::Token, Err(broken().into())).await;
    assert_eq!(told, Some(ErrorKind::Unavailable));
}
