//! How the storages are, and whether this instance is about to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tessera_repositories::{Condition, StorageHealth};

/// A storage that has not answered after this long is down.
const DEADLINE: Duration = Duration::from_secs(2);

/// Says how this instance is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HealthService: Send + Sync {
    /// How it is. The storages are asked one after the other, for two seconds each at most.
    async fn report(&self) -> Health;
}

/// How an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it was told to stop: it still answers, and requests are better sent elsewhere.
    pub is_stopping: bool,
    /// Every storage, in a fixed order.
    pub backends: Vec<BackendHealth>,
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

/// Whether this instance was told to stop. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Departure(Arc<AtomicBool>);

impl Departure {
    /// Says that it was. There is no way back.
    pub fn announce(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_announced(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The implementation of [`HealthService`].
pub struct InstanceHealth {
    /// The storages that are asked.
    pub backends: Vec<Backend>,
    /// Where it is announced that this instance stops.
    pub departure: Departure,
}

#[async_trait]
impl HealthService for InstanceHealth {
    async fn report(&self) -> Health {
        let mut backends = Vec::with_capacity(self.backends.len());
        for backend in &self.backends {
            backends.push(ask(backend).await);
        }
        Health { is_stopping: self.departure.is_announced(), backends }
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

    fn instance(backends: Vec<Backend>) -> InstanceHealth {
        InstanceHealth { backends, departure: Departure::default() }
    }

    #[tokio::test]
    async fn it_is_known_to_everybody_that_it_stops() {
        let health = instance(vec![]);
        assert!(!health.report().await.is_stopping);
        health.departure.clone().announce();
        assert!(health.report().await.is_stopping);
    }

    #[tokio::test]
    async fn one_that_is_down_does_not_hide_another() {
        let backends = vec![backend("sqlite", true, None), backend("redis", false, Some(Condition::Good))];
        let report = instance(backends).report().await;
        let states: Vec<_> = report.backends.iter().map(|it| (it.name, it.is_needed, it.is_up)).collect();
        assert_eq!(states, [("sqlite", true, false), ("redis", false, true)]);
    }

    #[tokio::test]
    async fn what_works_may_still_be_a_concern() {
        let worry = Condition::Questionable("forgets".to_owned());
        let report = instance(vec![backend("redis", false, Some(worry))]).report().await;
        let states: Vec<_> = report.backends.iter().map(|it| (it.is_up, it.concern.as_deref())).collect();
        assert_eq!(states, [(true, Some("forgets"))]);
    }
}
