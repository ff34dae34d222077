//! The ports on a real server: every published promise, and what is left of them when the server loses things.

#![cfg(test)]

mod clean_up;
mod contract;
mod links;
mod outages;
mod owners;
mod revocations;
mod single_spend;
mod support;
mod together;
mod user_cache;

use std::time::Duration;

use tessera_domain::Timestamp;
use tessera_repositories::RepositoryError;
use tokio::time::timeout;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// By when a service works again after a fault has ended (invariant I5).
const RECOVERY: Duration = Duration::from_secs(10);

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
