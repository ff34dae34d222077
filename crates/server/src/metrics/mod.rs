//! Metrics: numbers that the parts of the service keep anyway, read off when somebody asks.
//!
//! Nothing here is told anything. Each part counts in numbers of its own and knows no metrics; `families` gives them their
//! names, and is the one place that does. What only a storage can say is asked for in the background (`samples`), so that
//! however often `/metrics` is read, no storage notices. It has a listener of its own, which is off unless it is asked for:
//! what it tells is for operators.

mod families;
mod listener;
mod page;
mod process;
mod samples;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tessera_adapters::passwords::HashPoolGauge;
use tessera_api::http::traffic::Traffic;
use tessera_domain::Timestamp;
use tessera_repositories::StorageGauge;
use tessera_services::activity::ActivityGauge;
use tessera_services::limits::{FallbackRateLimits, Tally};
use tessera_services::tokens::RevocationMirror;

pub use listener::MetricsServer;
pub use samples::{Sampler, Samples};

use page::Page;

/// What can be read off.
pub struct Gauges {
    /// Requests.
    pub traffic: Arc<Traffic>,
    /// The threads that hash.
    pub hashing: HashPoolGauge,
    /// The database.
    pub storage: Arc<dyn StorageGauge>,
    /// What was revoked, in memory.
    pub mirror: Arc<RevocationMirror>,
    /// What the limits decided.
    pub tally: Arc<Tally>,
    /// Who counts attempts while the shared storage is away.
    pub fallback: Option<Arc<FallbackRateLimits>>,
    /// Entries of the activity log that wait.
    pub activity: ActivityGauge,
    /// What the storages said when they were last asked.
    pub samples: Arc<Samples>,
    /// Since when this process serves.
    pub started_at: Timestamp,
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges(..)")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        families::write(self, &mut Page::new(&mut encoder))
    }
}
