//! How the storages are, and whether this instance is about to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tessera_repositories::{Condition, StorageHealth};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a report is good for: however many ask, each storage is asked once in this time.
const FRESH: Duration = Duration::from_secs(1);

/// A storage that has not answered after this long is down.
const DEADLINE: Duration = Duration::from_secs(2);

/// Says how this instance is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HealthService: Send + Sync {
    /// How it is. The storages are asked one after the other, for two seconds each at most; what they answered is told for a
    /// second to whoever asks. Whether the instance stops is told as it is now.
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

    /// Whether it was.
    pub fn is_announced(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The implementation of [`HealthService`].
pub struct InstanceHealth {
    backends: Vec<Backend>,
    departure: Departure,
    /// Whoever asks the storages holds it, so that who comes meanwhile waits for the same answers.
    heard: Mutex<Option<Heard>>,
}

/// What the storages answered last.
struct Heard {
    at: Instant,
    backends: Vec<BackendHealth>,
}

impl InstanceHealth {
    /// Of these storages, for an instance whose stop is announced by `departure`.
    pub fn new(backends: Vec<Backend>, departure: Departure) -> Self {
        Self { backends, departure, heard: Mutex::default() }
    }

    async fn ask_or_remember(&self) -> Vec<BackendHealth> {
        let mut heard = self.heard.lock().await;
        if let Some(Heard { backends, .. }) = heard.as_ref().filter(|heard| heard.at.elapsed() < FRESH) {
            return backends.clone();
        }
        let mut answers = Vec::with_capacity(self.backends.len());
        for backend in &self.backends {
            answers.push(ask(backend).await);
        }
        // From here on nothing is waited for: who asked may hang up, and what was logged has been kept.
        let before = heard.take().map(|heard| heard.backends).unwrap_or_default();
        log_changes(&before, &answers);
        let backends: Vec<_> = answers.into_iter().map(|(backend, _)| backend).collect();
        *heard = Some(Heard { at: Instant::now(), backends: backends.clone() });
        backends
    }
}

#[async_trait]
impl HealthService for InstanceHealth {
    async fn report(&self) -> Health {
        let backends = self.ask_or_remember().await;
        Health { is_stopping: self.departure.is_announced(), backends }
    }
}

/// The state of a storage, and why it is down if it is.
async fn ask(backend: &Backend) -> (BackendHealth, Option<String>) {
    let started = Instant::now();
    let (concern, failure) = match tokio::time::timeout(DEADLINE, backend.storage.check()).await {
        Ok(Ok(Condition::Good)) => (None, None),
        Ok(Ok(Condition::Questionable(concern))) => (Some(concern), None),
        Ok(Err(error)) => (None, Some(error.to_string())),
        Err(_) => (None, Some("it is silent".to_owned())),
    };
    let (name, latency) = (backend.storage.name(), started.elapsed());
    (BackendHealth { name, is_needed: backend.is_needed, is_up: failure.is_none(), concern, latency }, failure)
}

/// Logs what has become different. How often somebody asks is no news, and anybody may.
fn log_changes(before: &[BackendHealth], answers: &[(BackendHealth, Option<String>)]) {
    for (BackendHealth { name, .. }, failure) in answers {
        let was_up = before.iter().find(|it| it.name == *name).is_none_or(|it| it.is_up);
        match failure {
            Some(error) if was_up => tracing::warn!(backend = name, error, "a backend does not answer"),
            None if !was_up => tracing::info!(backend = name, "a backend answers again"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Poll;

    use tessera_repositories::{MockStorageHealth, Result};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Dispatch, Event, Metadata, Subscriber};

    use super::*;
    use crate::fixtures::away;

    fn backend(name: &'static str, is_needed: bool, answer: Option<Condition>) -> Backend {
        let mut storage = MockStorageHealth::new();
        storage.expect_name().return_const(name);
        storage.expect_check().returning(move || answer.clone().ok_or_else(away));
        Backend { storage: Arc::new(storage), is_needed }
    }

    fn instance(backends: Vec<Backend>) -> InstanceHealth {
        InstanceHealth::new(backends, Departure::default())
    }

    /// A storage that answers once somebody else has had time to ask as well, up or down by turns, and counts how often it
    /// was asked.
    #[derive(Default)]
    struct Swaying(AtomicUsize);

    #[async_trait]
    impl StorageHealth for Swaying {
        fn name(&self) -> &'static str {
            "swaying"
        }

        async fn check(&self) -> Result<Condition> {
            let times = self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            if times.is_multiple_of(2) { Ok(Condition::Good) } else { Err(away()) }
        }
    }

    /// How many lines were logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<AtomicUsize>);

    impl Lines {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.is_event()
        }

        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    fn swaying() -> (InstanceHealth, Arc<Swaying>) {
        let storage = Arc::new(Swaying::default());
        (instance(vec![Backend { storage: storage.clone(), is_needed: true }]), storage)
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_told_what_the_first_of_it_heard() {
        let (health, storage) = swaying();
        let (first, second, third) = tokio::join!(health.report(), health.report(), health.report());
        assert!(first == second && second == third);
        tokio::time::advance(FRESH.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(health.report().await, first);
        assert_eq!(storage.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_report_is_older_than_a_second() {
        let (health, storage) = swaying();
        assert!(health.report().await.backends.iter().all(|it| it.is_up));
        tokio::time::advance(FRESH).await;
        assert!(health.report().await.backends.iter().all(|it| !it.is_up));
        assert_eq!(storage.0.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_keeps_nobody_waiting() {
        let (health, storage) = swaying();
        {
            let mut hung_up = std::pin::pin!(health.report());
            assert!(std::future::poll_fn(|context| Poll::Ready(hung_up.as_mut().poll(context).is_pending())).await);
        }
        assert!(!health.report().await.backends.is_empty());
        assert_eq!(storage.0.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_change_is_logged() {
        let lines = Lines::default();
        // While there is but one subscriber, a thread without any may decide that nobody listens, and not just for itself.
        let _other = Dispatch::new(Lines::default());
        let _guard = tracing::subscriber::set_default(lines.clone());
        let down = instance(vec![backend("redis", false, None)]);
        for _ in 0..3 {
            down.report().await;
            tokio::time::advance(FRESH).await;
        }
        assert_eq!(lines.count(), 1, "down, and still down");
        let (health, _) = swaying();
        for _ in 0..5 {
            health.report().await;
            tokio::time::advance(FRESH).await;
        }
        assert_eq!(lines.count() - 1, 4, "down and up, twice");
    }

    #[tokio::test]
    async fn it_is_known_to_everybody_that_it_stops() {
        let health = instance(vec![]);
        assert!(!health.report().await.is_stopping);
        health.departure.clone().announce();
        assert!(health.report().await.is_stopping, "also where the rest is remembered");
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
