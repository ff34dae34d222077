//! One-time tokens of requests that a worker has at once: asked about together, and each answered for itself.

use std::time::Duration;

use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository as _, Result};
use tessera_repositories_redis::RedisOneTimeTokens;
use tessera_test_servers::redis::Process;
use tokio::task::JoinSet;

use crate::NOW;
use crate::support::{PREFIX, connect};

fn token(number: u8) -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(&[number]),
        purpose: if number.is_multiple_of(2) { OneTimePurpose::OneTime } else { OneTimePurpose::PasswordReset },
        user_id: UserId::from_bytes([number % 3; 16]),
        expires_at: NOW.plus(Duration::from_secs(10)),
    }
}

/// Does the same with several tokens at once, and returns what each comes to, in their order.
async fn at_once<T: Send + 'static>(
    tokens: &[OneTimeToken],
    work: impl AsyncFn(OneTimeToken) -> T + Clone + 'static,
) -> Vec<T> {
    let local = tokio::task::LocalSet::new();
    let mut tasks = JoinSet::new();
    for (place, token) in tokens.iter().enumerate() {
        let (work, token) = (work.clone(), token.clone());
        tasks.spawn_local_on(async move { (place, work(token).await) }, &local);
    }
    let mut ended = local.run_until(tasks.join_all()).await;
    ended.sort_by_key(|(place, _)| *place);
    ended.into_iter().map(|(_, outcome)| outcome).collect()
}

struct Fixture {
    server: Process,
    tokens: RedisOneTimeTokens,
}

impl Fixture {
    async fn new() -> Self {
        let server = Process::start(&[]);
        let tokens = RedisOneTimeTokens::new(&connect(server.url(), PREFIX).await);
        let fixture = Self { server, tokens };
        // The scripts are known from here on, and this thread has a connection of its own.
        assert!(fixture.insert(&[token(200)]).await.iter().all(Result::is_ok));
        assert!(matches!(fixture.consume(&[token(200)]).await[..], [Ok(Some(_))]));
        fixture
    }

    async fn insert(&self, tokens: &[OneTimeToken]) -> Vec<Result<KeepOutcome>> {
        let repository = self.tokens.clone();
        at_once(tokens, async move |token| repository.insert(&token, Earlier::Keep).await).await
    }

    async fn consume(&self, tokens: &[OneTimeToken]) -> Vec<Result<Option<OneTimeToken>>> {
        let repository = self.tokens.clone();
        at_once(tokens, async move |token| repository.consume(&token.digest, token.purpose, NOW).await).await
    }

    /// How many scripts ran since the last time that this was asked.
    fn scripts_run(&self) -> usize {
        let statistics = self.server.ask(&["INFO", "commandstats"]);
        self.server.ask(&["CONFIG", "RESETSTAT"]);
        let calls = statistics.split("cmdstat_evalsha:calls=").nth(1).and_then(|rest| rest.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("a number"))
    }
}

#[tokio::test]
async fn what_is_asked_at_once_is_one_script_and_many_answers() {
    let fixture = Fixture::new().await;
    let all: Vec<_> = (0..20).map(token).collect();
    fixture.scripts_run();
    assert!(fixture.insert(&all).await.iter().all(|outcome| matches!(outcome, Ok(KeepOutcome::Kept))));
    assert_eq!(fixture.scripts_run(), 1);
    let spent = fixture.consume(&all).await;
    assert_eq!(fixture.scripts_run(), 1);
    let spent: Vec<_> = spent.into_iter().map(|outcome| outcome.expect("an answer").expect("it is there")).collect();
    assert_eq!(spent, all);
}

#[tokio::test]
async fn a_token_that_is_asked_for_twice_at_once_is_given_out_once() {
    let fixture = Fixture::new().await;
    fixture.insert(&[token(1)]).await;
    let mut found = Vec::new();
    for outcome in fixture.consume(&[token(2), token(1), token(1), token(1)]).await {
        found.push(outcome.expect("an answer"));
    }
    assert_eq!(found, [None, Some(token(1)), None, None]);
}

/// Keys that nobody of us wrote.
#[tokio::test]
async fn what_goes_wrong_with_one_leaves_the_others_alone() {
    let fixture = Fixture::new().await;
    let [good, strange, other] = [token(2), token(4), token(6)];
    fixture.insert(&[good.clone(), strange.clone(), other.clone()]).await;
    let spoil = "local key = redis.call('KEYS', ARGV[1])[1]; redis.call('DEL', key); redis.call('RPUSH', key, 'x')";
    let list_of = |token: &OneTimeToken| format!("*:list:*{}", token.user_id);
    fixture.server.ask(&["EVAL", spoil, "0", &list_of(&strange)]);
    let spent = fixture.consume(&[good.clone(), strange.clone(), other.clone()]).await;
    assert!(matches!(&spent[1], Err(error) if !error.is_transient()), "{spent:?}");
    for (outcome, token) in [(&spent[0], &good), (&spent[2], &other)] {
        assert_eq!(outcome.as_ref().expect("an answer").as_ref(), Some(token));
    }
    let kept = fixture.insert(&[good, strange, other]).await;
    assert!(matches!(&kept[..], [Ok(_), Err(_), Ok(_)]), "{kept:?}");
}

/// A text that is none, in a token that is otherwise whole.
#[tokio::test]
async fn bytes_that_are_no_text_leave_the_others_alone() {
    let fixture = Fixture::new().await;
    let [good, strange, other] = [token(2), token(4), token(6)];
    fixture.insert(&[good.clone(), strange.clone(), other.clone()]).await;
    let spoil = "local list = redis.call('KEYS', ARGV[1])[1]; local digest = redis.call('ZRANGE', list, 0, 0)[1]; \
        local key = redis.call('KEYS', '*:token:*' .. digest)[1]; local bytes = string.rep(string.char(255), 36); \
        redis.call('SET', key, string.sub(redis.call('GET', key), 1, 40) .. bytes .. ARGV[2]); \
        redis.call('ZADD', string.sub(list, 1, -37) .. bytes, 1, digest)";
    let later = strange.expires_at.unix_micros().to_string();
    fixture.server.ask(&["EVAL", spoil, "0", &format!("*:list:*{}", strange.user_id), &later]);
    let spent = fixture.consume(&[good.clone(), strange, other.clone()]).await;
    assert!(matches!(&spent[1], Err(error) if !error.is_transient()), "{spent:?}");
    for (outcome, token) in [(&spent[0], &good), (&spent[2], &other)] {
        assert_eq!(outcome.as_ref().expect("an answer").as_ref(), Some(token));
    }
}
