//! What expired does not stay for ever, though nobody asks for a clean-up.

use std::time::Duration;

use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, OneTimeTokenRepository as _};
use tessera_repositories_redis::RedisOneTimeTokens;
use tessera_test_servers::redis::Process;

use crate::support::{PREFIX, connect, evict};

const HOUR: Duration = Duration::from_hours(1);
const LISTS: &str = "tessera:{one_time}:lists";

async fn fresh() -> (Process, RedisOneTimeTokens) {
    let server = Process::start(&[]);
    let tokens = RedisOneTimeTokens::new(&connect(server.url(), PREFIX).await);
    (server, tokens)
}

/// Two hours ago, and in an hour, by the clock of the server: it alone decides what has long expired.
fn before_and_later(server: &Process) -> (Timestamp, Timestamp) {
    let seconds = server.ask(&["TIME"]).lines().nth(2).and_then(|line| line.parse().ok());
    let present = Timestamp::from_unix_seconds(seconds.expect("the seconds"));
    (present.minus(2 * HOUR), present.plus(HOUR))
}

async fn insert(tokens: &RedisOneTimeTokens, number: u32, owner: u8, expires_at: Timestamp) {
    let digest = Digest::of(&number.to_be_bytes());
    let user_id = UserId::from_bytes([owner; 16]);
    let token = OneTimeToken { digest, purpose: OneTimePurpose::OneTime, user_id, expires_at };
    let _kept = tokens.insert(&token, Earlier::Keep).await.expect("inserted");
}

/// What a command that counts says, in the protocol's own form.
fn count(server: &Process, command: &[&str]) -> u32 {
    let answer = server.ask(command);
    answer.trim().trim_start_matches(':').parse().expect("a number")
}

/// Those are gone whose keys the server has dropped: it may see another time than we do.
#[tokio::test]
async fn a_list_loses_what_expired_as_it_grows() {
    let (server, tokens) = fresh().await;
    let (before, later) = before_and_later(&server);
    for number in 0..50 {
        insert(&tokens, number, 1, before).await;
    }
    evict(&server, "*:token:*");
    for number in 50..100 {
        insert(&tokens, number, 1, before.plus(Duration::from_secs(1))).await;
    }
    for number in 100..300 {
        insert(&tokens, number, 1, later).await;
    }
    let list = format!("tessera:{{one_time}}:list:one_time:{}", UserId::from_bytes([1; 16]));
    assert_eq!(count(&server, &["ZCARD", &list]), 250);
}

#[tokio::test]
async fn a_list_that_is_gone_is_not_known_for_long() {
    let (server, tokens) = fresh().await;
    let (before, later) = before_and_later(&server);
    for owner in 0..10 {
        insert(&tokens, owner.into(), owner, before).await;
    }
    evict(&server, "*:list:*");
    for owner in 10..20 {
        insert(&tokens, owner.into(), owner, before).await;
    }
    for owner in 20..30 {
        insert(&tokens, owner.into(), owner, later).await;
    }
    assert_eq!(count(&server, &["ZCARD", LISTS]), 20, "ten are new and ten are forgotten");
}
