//! What only a storage can say, asked for in the background: seldom, by one task, however many read the metrics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tessera_domain::Algorithm;
use tessera_repositories::{Backlog, MailOutboxRepository, SigningKeyRepository, StorageGauge, TableSize};
use tessera_services::health::{Health, HealthService};
use tessera_services::ports::Clock;
use tokio::time::MissedTickBehavior;

/// How often the storages are asked.
const EVERY: Duration = Duration::from_secs(15);
/// At which of these times rows are counted: every five minutes.
const COUNT_EVERY: u32 = 20;

/// What was said when it was last asked for. What could not be said is missing, and not what it was before.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Sampled>);

#[derive(Debug, Default)]
pub struct Sampled {
    /// How the storages are.
    pub health: Option<Health>,
    /// What is in the outbox.
    pub outbox: Option<Backlog>,
    /// How long the oldest mail in it has waited.
    pub oldest_mail: Option<Duration>,
    /// The signing keys, and how old they are.
    pub keys: Vec<(String, Duration)>,
    /// The sizes of the tables.
    pub tables: Vec<TableSize>,
}

impl Samples {
    /// What is known.
    pub fn read(&self) -> MutexGuard<'_, Sampled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks.
pub struct Sampler {
    /// Where the answers go.
    pub samples: Arc<Samples>,
    /// How the storages are.
    pub health: Arc<dyn HealthService>,
    /// Where mails wait.
    pub outbox: Arc<dyn MailOutboxRepository>,
    /// Where the keys are.
    pub keys: Arc<dyn SigningKeyRepository>,
    /// What has tables.
    pub storage: Arc<dyn StorageGauge>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Sampler {
    /// Asks for as long as the process lives.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in (0..COUNT_EVERY).cycle() {
            ticks.tick().await;
            self.sample().await;
            if round == 0 {
                self.count_rows().await;
            }
        }
    }

    /// Everything that is quickly said. A storage that is away has been logged by whoever asked it about its health.
    async fn sample(&self) {
        let health = self.health.report().await;
        let outbox = self.outbox.backlog().await.ok();
        let keys = self.keys.list(Algorithm::Es256).await.unwrap_or_default();
        let now = self.clock.now();
        let mut samples = self.samples.read();
        samples.health = Some(health);
        samples.outbox = outbox;
        samples.oldest_mail = outbox.map(|it| it.oldest.map(|oldest| now.since(oldest)).unwrap_or_default());
        samples.keys = keys.into_iter().map(|key| (key.id.to_string(), now.since(key.created_at))).collect();
    }

    async fn count_rows(&self) {
        match self.storage.count_rows().await {
            Ok(tables) => self.samples.read().tables = tables,
            Err(error) => tracing::debug!(%error, "the rows of the tables cannot be counted"),
        }
    }
}
