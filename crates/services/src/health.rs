//! How the storages are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tessera_repositories::{Condition, StorageHealth};

/// A storage that has not answered after this long is down.
const DEADLINE: Duration = Duration::from_secs(2);

/// Asks the storages how they are.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HealthService: Send + Sync {
    /// The state of every storage, in a fixed order. It answers within two seconds for each.
    async fn report(&self) -> Vec<BackendHealth>;
}

/// The state of one storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendHealth {
    /// Its name.
    pub name: &'static str,
    /// Whether the service is of no use without it. Without another one some requests cannot be served, and the rest can.
    pub is_needed: bool,
    /// Whether it answered.
    pub is_up: bool,
    /// What an operator should change about it, although it works.
    pub concern: Option<String>,
    /// How long the answer took.
    pub latency: Duration,
}

/// A storage whose health is watched.
#[derive(Clone)]
pub struct Backend {
    /// The storage.
    pub storage: Arc<dyn StorageHealth>,
    /// Whether the service is of no use without it.
    pub is_needed: bool,
}

/// The implementation of [`HealthService`].
pub struct Backends(pub Vec<Backend>);

#[async_trait]
impl HealthService for Backends {
    async fn report(&self) -> Vec<BackendHealth> {
        let mut report = Vec::with_capacity(self.0.len());
        for backend in &self.0 {
            report.push(ask(backend).await);
        }
        report
    }
}

async fn ask(backend: &Backend) -> BackendHealth {
    let started = Instant::now();
    let name = backend.storage.name();
    let (is_up, concern) = match tokio::time::timeout(DEADLINE, backend.storage.check()).await {
        Ok(Ok(Condition::Good)) => (true, None),
        Ok(Ok(Condition::Questionable(concern))) => (true, Some(concern)),
        Ok(Err(error)) => {
            tracing::warn!(backend = name, %error, "a backend does not answer");
            (false, None)
        }
        Err(_) => (false, None),
    };
    BackendHealth { name, is_needed: backend.is_needed, is_up, concern, latency: started.elapsed() }
}

#[cfg(test)]
mod tests {
    use tessera_repositories::{MockStorageHealth, RepositoryError};

    use super::*;

    fn backend(name: &'static str, is_needed: bool, answer: Option<Condition>) -> Backend {
        let mut storage = MockStorageHealth::new();
        storage.expect_name().return_const(name);
        let away = || RepositoryError::transient("away", "refused");
        storage.expect_check().returning(move || answer.clone().ok_or_else(away));
        Backend { storage: Arc::new(storage), is_needed }
    }

    #[tokio::test]
    async fn one_that_is_down_does_not_hide_another() {
        let backends = vec![backend("sqlite", true, None), backend("redis", false, Some(Condition::Good))];
        let report = Backends(backends).report().await;
        let states: Vec<_> = report.iter().map(|it| (it.name, it.is_needed, it.is_up)).collect();
        assert_eq!(states, [("sqlite", true, false), ("redis", false, true)]);
    }

    #[tokio::test]
    async fn what_works_may_still_be_a_concern() {
        let worry = Condition::Questionable("forgets".to_owned());
        let report = Backends(vec![backend("redis", false, Some(worry))]).report().await;
        let states: Vec<_> = report.iter().map(|it| (it.is_up, it.concern.as_deref())).collect();
        assert_eq!(states, [(true, Some("forgets"))]);
    }
}
