//! How the storages are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tessera_repositories::StorageHealth;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendHealth {
    /// Its name.
    pub name: &'static str,
    /// Whether it answered.
    pub is_up: bool,
    /// How long the answer took.
    pub latency: Duration,
}

/// The implementation of [`HealthService`].
pub struct Backends(pub Vec<Arc<dyn StorageHealth>>);

#[async_trait]
impl HealthService for Backends {
    async fn report(&self) -> Vec<BackendHealth> {
        let mut report = Vec::with_capacity(self.0.len());
        for storage in &self.0 {
            report.push(ask(&**storage).await);
        }
        report
    }
}

async fn ask(storage: &dyn StorageHealth) -> BackendHealth {
    let started = Instant::now();
    let is_up = match tokio::time::timeout(DEADLINE, storage.check()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(backend = storage.name(), %error, "a backend does not answer");
            false
        }
        Err(_) => false,
    };
    BackendHealth { name: storage.name(), is_up, latency: started.elapsed() }
}

#[cfg(test)]
mod tests {
    use tessera_repositories::{MockStorageHealth, RepositoryError};

    use super::*;

    fn storage(name: &'static str, is_up: bool) -> Arc<dyn StorageHealth> {
        let mut storage = MockStorageHealth::new();
        storage.expect_name().return_const(name);
        storage
            .expect_check()
            .returning(move || if is_up { Ok(()) } else { Err(RepositoryError::transient("away", "refused")) });
        Arc::new(storage)
    }

    #[tokio::test]
    async fn one_that_is_down_does_not_hide_another() {
        let report = Backends(vec![storage("sqlite", false), storage("redis", true)]).report().await;
        let states: Vec<_> = report.iter().map(|backend| (backend.name, backend.is_up)).collect();
        assert_eq!(states, [("sqlite", false), ("redis", true)]);
    }
}
