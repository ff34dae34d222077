//! Redis, where there is one: whether it is there, what it forgets, its clock.

use tessera_repositories::Condition;
use tessera_repositories_redis::{RedisInspection, RedisStore, StoreOptions};
use tessera_services::ports::Clock;

use super::database::{chain, clocks};
use super::finding::Finding;
use crate::config::Config;

const SUBJECT: &str = "redis";
const WITHOUT: &str = "without it there are no one-time tokens, and limits are stricter";

/// Looks at the server that `REDIS_URL` names.
pub async fn check(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let Some(redis) = &config.storage.redis else {
        return vec![Finding::ok(SUBJECT, "is not used; the database keeps everything")];
    };
    let options = StoreOptions {
        password: redis.password.clone(),
        ..StoreOptions::new(redis.url.clone(), &config.storage.redis_key_prefix)
    };
    let store = match RedisStore::connect(&options).await {
        Ok(store) => store,
        Err(error) => {
            let text = format!("cannot be used: {}", chain(&error));
            return vec![
                Finding::problem(SUBJECT, text).advise("correct REDIS_URL; the service does not start like this"),
            ];
        }
    };
    let before = clock.now();
    match store.inspect().await {
        Ok(RedisInspection { now, condition, is_durable }) => {
            vec![eviction(condition), persistence(is_durable), clocks(SUBJECT, before, now, clock.now())]
        }
        Err(error) => {
            let text = format!("does not answer: {}", chain(&error));
            vec![Finding::problem(SUBJECT, text).advise(format!("start it, or correct REDIS_URL; {WITHOUT}"))]
        }
    }
}

fn eviction(condition: Condition) -> Finding {
    match condition {
        Condition::Good => Finding::ok(SUBJECT, "answers, and evicts nothing"),
        Condition::Questionable(concern) => {
            Finding::warning(SUBJECT, concern).advise("what it evicts is missed: tokens that nobody spent, and limits")
        }
    }
}

fn persistence(is_durable: bool) -> Finding {
    if is_durable {
        return Finding::ok(SUBJECT, "writes what it is told to an append-only file");
    }
    let text =
        "has no append-only file: when it restarts, tokens that were not spent are unknown, and limits begin anew";
    Finding::note(SUBJECT, text).advise("set appendonly yes, if that matters to you")
}
