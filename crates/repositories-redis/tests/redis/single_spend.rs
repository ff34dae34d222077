//! A one-time token is spent once, also where the server forgets that it was (invariant I1): what is put back here is
//! what a crash, a failover or an operator puts back.

use std::time::Duration;

use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository as _};
use tessera_repositories_redis::RedisOneTimeTokens;
use tessera_test_servers::redis::Process;

use crate::support::{PREFIX, connect, evict, restart};
use crate::{NOW, RECOVERY, until_answered};

/// A replica is served when it asks, and not with others some seconds later.
const AT_ONCE: [&str; 2] = ["--repl-diskless-sync-delay", "0"];

async fn tokens(server: &Process) -> RedisOneTimeTokens {
    let store = connect(server.url(), PREFIX).await;
    RedisOneTimeTokens::new(&store)
}

fn token(number: u8) -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(&[number]),
        purpose: OneTimePurpose::OneTime,
        user_id: UserId::from_bytes([number; 16]),
        expires_at: NOW.plus(Duration::from_secs(10)),
    }
}

async fn insert(tokens: &RedisOneTimeTokens, token: &OneTimeToken) {
    assert_eq!(tokens.insert(token, Earlier::Keep).await.expect("an answer"), KeepOutcome::Kept);
}

async fn consume(tokens: &RedisOneTimeTokens, token: &OneTimeToken) -> Option<OneTimeToken> {
    until_answered(async || tokens.consume(&token.digest, token.purpose, NOW).await).await
}

/// How many keys there are of tokens, spent or not.
fn kept(server: &Process) -> usize {
    server.ask(&["KEYS", "*:token:*"]).matches("one_time}:token:").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_stays_spent_when_a_snapshot_from_before_comes_back() {
    let mut server = Process::start(&[]);
    let tokens = tokens(&server).await;
    let (spent, unspent, later) = (token(1), token(2), token(3));
    insert(&tokens, &spent).await;
    insert(&tokens, &unspent).await;
    assert!(server.ask(&["SAVE"]).contains("OK"));
    assert_eq!(consume(&tokens, &spent).await, Some(spent.clone()));

    restart(&mut server, &[]);
    assert_eq!(kept(&server), 2, "the server believes in both");
    assert_eq!(consume(&tokens, &spent).await, None);
    assert_eq!(tokens.find(&spent.digest, spent.purpose, NOW).await.expect("an answer"), None);
    assert_eq!(consume(&tokens, &unspent).await, None, "nobody can know that it was not spent");

    insert(&tokens, &later).await;
    assert_eq!(consume(&tokens, &later).await, Some(later.clone()));
    assert_eq!(consume(&tokens, &later).await, None);
}

/// A file that is flushed every second ends before the last things that were answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_ends_early_brings_nothing_back_either() {
    const SETTINGS: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "no"];
    let mut server = Process::start(&SETTINGS);
    let tokens = tokens(&server).await;
    let spent = token(1);
    insert(&tokens, &spent).await;
    restart(&mut server, &SETTINGS);
    assert_eq!(kept(&server), 1);
    assert_eq!(consume(&tokens, &spent).await, None);
}

/// The replica is cut off before it hears that the token was spent, and takes over.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lagged_behind_gives_nothing_out_again() {
    let (first, second) = (Process::start(&AT_ONCE), Process::start(&AT_ONCE));
    let spent = token(1);
    follow(&second, &first);
    // A history begins with its first replica, so that the token is of the same one on both.
    let on_first = tokens(&first).await;
    insert(&on_first, &spent).await;
    until_kept(&second, 1);
    assert!(second.ask(&["REPLICAOF", "NO", "ONE"]).contains("OK"));
    assert_eq!(consume(&on_first, &spent).await, Some(spent.clone()));

    assert_eq!(kept(&second), 1, "it believes in the token");
    assert_eq!(consume(&tokens(&second).await, &spent).await, None);
}

/// It was the primary before, is the same process, and its connections are the same; only its data is older.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_a_replica_meanwhile_gives_nothing_out_again() {
    let (first, second) = (Process::start(&AT_ONCE), Process::start(&AT_ONCE));
    let spent = token(1);
    follow(&second, &first);
    let on_first = tokens(&first).await;
    insert(&on_first, &spent).await;
    until_kept(&second, 1);
    second.ask(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(consume(&on_first, &spent).await, Some(spent.clone()));

    follow(&first, &second);
    assert!(first.ask(&["REPLICAOF", "NO", "ONE"]).contains("OK"));
    assert_eq!(kept(&first), 1, "it has the data of the other");
    assert_eq!(consume(&on_first, &spent).await, None);
    insert(&on_first, &spent).await;
    assert_eq!(consume(&on_first, &spent).await, Some(spent));
}

/// A replica answers from data that may be old: it is not asked at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_worth_a_retry_and_never_an_answer() {
    let (first, second) = (Process::start(&AT_ONCE), Process::start(&AT_ONCE));
    let on_first = tokens(&first).await;
    let unspent = token(1);
    insert(&on_first, &unspent).await;
    follow(&first, &second);
    for _ in 0..2 {
        let refused = on_first.find(&unspent.digest, unspent.purpose, NOW).await;
        assert!(refused.expect_err("it is a replica").is_transient());
        let refused = on_first.consume(&unspent.digest, unspent.purpose, NOW).await;
        assert!(refused.expect_err("it is a replica").is_transient());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_loses_tokens_and_nothing_else() {
    let server = Process::start(&[]);
    let tokens = tokens(&server).await;
    let (lost, later) = (token(1), token(2));
    insert(&tokens, &lost).await;
    server.ask(&["FLUSHALL"]);
    server.ask(&["SCRIPT", "FLUSH"]);
    assert_eq!(consume(&tokens, &lost).await, None);
    insert(&tokens, &later).await;
    assert_eq!(consume(&tokens, &later).await, Some(later));
}

/// What is thrown away is unknown, whichever part of a token it is, and what was replaced stays replaced.
#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_loses_tokens_and_brings_none_back() {
    let server = Process::start(&[]);
    let tokens = tokens(&server).await;
    let own = |number| OneTimeToken { user_id: UserId::from_bytes([9; 16]), ..token(number) };
    for (round, part) in (0..).zip(["*:token:*", "*:list:*", "*:lists"]) {
        let (old, new) = (own(10 * round + 1), own(10 * round + 2));
        insert(&tokens, &old).await;
        evict(&server, part);
        assert_eq!(tokens.insert(&new, Earlier::Replace).await.expect("an answer"), KeepOutcome::Kept);
        assert_eq!(consume(&tokens, &old).await, None, "{part}");
        assert_eq!(consume(&tokens, &new).await, Some(new), "{part}");
        assert_eq!(consume(&tokens, &old).await, None, "{part}");
    }
}

/// Waits until a replica has heard of so many tokens.
fn until_kept(replica: &Process, count: usize) {
    let started = std::time::Instant::now();
    while kept(replica) < count {
        assert!(started.elapsed() < RECOVERY, "it never hears of them");
    }
}

/// Makes a server a replica of another, and waits until it has its data.
fn follow(replica: &Process, primary: &Process) {
    assert!(replica.ask(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).contains("OK"));
    let is_following = || replica.ask(&["INFO", "replication"]).contains("master_link_status:up");
    let started = std::time::Instant::now();
    while !is_following() {
        assert!(started.elapsed() < RECOVERY, "it never follows");
    }
}
