//! A server that goes away, sends us away, is full, or takes no writes: errors come at once and are worth a retry, and
//! when it is well again so are we, without anybody's help (invariants I3 and I5).

use std::time::Duration;

use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository as _, RepositoryError, StorageHealth as _};
use tessera_repositories_redis::{ConnectError, RedisOneTimeTokens, RedisStore, StoreOptions};
use tessera_test_servers::redis::Process;
use tokio::time::timeout;

use crate::support::{PREFIX, connect, restart};
use crate::{NOW, until_answered};

fn token(number: u32) -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(&number.to_be_bytes()),
        purpose: OneTimePurpose::OneTime,
        user_id: UserId::from_bytes([7; 16]),
        expires_at: NOW.plus(Duration::from_mins(1)),
    }
}

async fn insert(tokens: &RedisOneTimeTokens, number: u32) -> Result<KeepOutcome, RepositoryError> {
    tokens.insert(&token(number), Earlier::Keep).await
}

async fn consume(tokens: &RedisOneTimeTokens, number: u32) -> Result<Option<OneTimeToken>, RepositoryError> {
    tokens.consume(&token(number).digest, OneTimePurpose::OneTime, NOW).await
}

/// Everything works.
async fn assert_well(store: &RedisStore, number: u32) {
    let tokens = RedisOneTimeTokens::new(store);
    until_answered(async || insert(&tokens, number).await).await;
    assert_eq!(until_answered(async || consume(&tokens, number).await).await, Some(token(number)));
    until_answered(async || store.check().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_an_error_at_once_and_found_again() {
    let mut server = Process::start(&[]);
    let store = connect(server.url(), PREFIX).await;
    for round in 0..5 {
        assert_well(&store, round).await;
        server.kill();
        let refused = timeout(Duration::from_secs(5), consume(&RedisOneTimeTokens::new(&store), round)).await;
        assert!(refused.expect("at once").expect_err("it is away").is_transient());
        assert!(store.check().await.expect_err("it is away").is_transient());
        server.start_again(&[]);
    }
    assert_well(&store, 5).await;
}

/// Nobody has to ask for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_at_rest_is_replaced_before_anybody_needs_it() {
    let server = Process::start(&[]);
    let store = connect(server.url(), PREFIX).await;
    assert_well(&store, 1).await;
    let ours = || server.ask(&["CLIENT", "LIST", "TYPE", "pubsub"]).matches("laddr=").count();
    assert_eq!(ours(), 1);
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    while ours() == 0 {}
    assert_well(&store, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_takes_nothing_more_and_still_gives_out_what_it_has() {
    let server = Process::start(&["--maxmemory-policy", "noeviction"]);
    let store = connect(server.url(), PREFIX).await;
    let tokens = RedisOneTimeTokens::new(&store);
    insert(&tokens, 1).await.expect("there is room");
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(insert(&tokens, 2).await.expect_err("it is full").is_transient());
    assert!(store.check().await.expect_err("it is of no use").is_transient());
    assert_eq!(consume(&tokens, 1).await.expect("an answer"), Some(token(1)));
    assert_eq!(consume(&tokens, 2).await.expect("an answer"), None, "what was refused did not happen");
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_well(&store, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_worth_a_retry() {
    let server = Process::start(&[]);
    let store = connect(server.url(), PREFIX).await;
    let tokens = RedisOneTimeTokens::new(&store);
    insert(&tokens, 1).await.expect("writable");
    server.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert!(insert(&tokens, 2).await.expect_err("no writes").is_transient());
    assert!(consume(&tokens, 1).await.expect_err("spending is writing").is_transient());
    assert!(store.check().await.expect_err("no writes").is_transient());
    server.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    assert_eq!(consume(&tokens, 1).await.expect("an answer"), Some(token(1)), "it was not spent by trying");
}

/// Keys that nobody of us wrote are no reason to try again (nor to panic).
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_what_it_should_be_is_a_permanent_error() {
    let server = Process::start(&[]);
    let store = connect(server.url(), PREFIX).await;
    let tokens = RedisOneTimeTokens::new(&store);
    server.ask(&["SET", "tessera:{one_time}:lists", "a text"]);
    assert!(!insert(&tokens, 1).await.expect_err("no place for it").is_transient());
    let refused = tokens.delete_expired(NOW, 1).await;
    assert!(!refused.expect_err("no lists").is_transient());
}

/// As the workers of the web server do. A connection that lived on the runtime of whoever needed it first would die with
/// it, and take the next caller's command along.
#[test]
fn the_connection_survives_the_runtime_of_its_first_user() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut server = Process::start(&[]);
    let store = runtime().block_on(connect(server.url(), PREFIX));
    for number in 0..3 {
        runtime().block_on(assert_well(&store, number));
        restart(&mut server, &[]);
    }
}

#[tokio::test]
async fn who_is_not_there_is_waited_for_and_who_refuses_is_not() {
    let mut server = Process::start(&["--requirepass", "right"]);
    let options = |url: &str| StoreOptions::new(url, PREFIX);
    let refused = RedisStore::connect(&options(server.url())).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))));
    let with_password = StoreOptions { password: Some("right".into()), ..options(server.url()) };
    assert_well(&RedisStore::connect(&with_password).await.expect("let in"), 1).await;

    server.kill();
    let store = RedisStore::connect(&with_password).await.expect("no error");
    assert!(store.check().await.expect_err("it is away").is_transient());
    server.start_again(&[]);
    assert_well(&store, 2).await;
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_quoting_it() {
    for url in ["", "redis://", "http://hunter2@h", "localhost:6379", "redis://:hunter2@h:port", "redis://h/hunter2"] {
        let refused = RedisStore::connect(&StoreOptions::new(url, PREFIX)).await.err().expect("refused");
        assert!(matches!(refused, ConnectError::Url), "{url}: {refused:?}");
        assert!(!format!("{refused:?} {refused}").contains("hunter2"));
    }
}
