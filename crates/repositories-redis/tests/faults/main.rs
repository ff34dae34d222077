//! What a store does when its server is slow, silent, restarted or made to forget, under load.
//!
//! These tests have to sit out deadlines, which is why they are apart from the others. Nothing here waits for time to pass
//! otherwise: a test waits until it *sees* that what it needs has happened.

#![cfg(test)]

mod load;
mod restarts;
mod silence;

use std::time::Duration;

use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::RepositoryError;
use tessera_repositories_redis::{RedisStore, StoreOptions};
use tokio::time::timeout;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// By when a service works again after a fault has ended (invariant I5).
const RECOVERY: Duration = Duration::from_secs(10);

/// With the deadlines of the service: they are what recovery depends on.
async fn connect(url: &str) -> RedisStore {
    RedisStore::connect(&StoreOptions::new(url, "tessera:")).await.expect("a store")
}

fn token(number: u32) -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(&number.to_be_bytes()),
        purpose: OneTimePurpose::OneTime,
        user_id: UserId::from_bytes([7; 16]),
        expires_at: NOW.plus(Duration::from_mins(1)),
    }
}

/// Calls until there is an answer, within the time in which a service has to be well again.
async fn until_answered<T>(call: impl AsyncFn() -> Result<T, RepositoryError>) -> T {
    let trying = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => assert!(error.is_transient(), "{error:?}"),
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(RECOVERY, trying).await.expect("recovered in time")
}
