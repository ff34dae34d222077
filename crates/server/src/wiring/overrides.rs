//! What stands in the place of the real thing: in a test, or where somebody brings a repository of their own.

use std::sync::Arc;

use tessera_adapters::SystemClock;
use tessera_services::ports::Clock;

use super::Storages;
use crate::config::Config;

/// Parts that are not chosen by the configuration.
#[derive(Clone, Default)]
pub struct Overrides {
    /// The time; the machine's own if there is none.
    pub clock: Option<Arc<dyn Clock>>,
    replace: Option<Replace>,
}

type Replace = Arc<dyn Fn(&mut Storages) + Send + Sync>;

impl Overrides {
    /// None but this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// None but these repositories: `replace` is given what the configuration chose, opened and up to date, and puts
    /// others in the place of some.
    pub fn with_storages(replace: impl Fn(&mut Storages) + Send + Sync + 'static) -> Self {
        Self { replace: Some(Arc::new(replace)), ..Self::default() }
    }

    /// The time.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()))
    }

    /// Opens the storages that are configured, and puts in what replaces them.
    pub(crate) async fn open(&self, config: &Config) -> anyhow::Result<Storages> {
        Storages::open(config).await.map(|opened| self.put_into(opened))
    }

    /// The same, but a database file that is not there yet is not made.
    pub(crate) async fn find(&self, config: &Config) -> anyhow::Result<Option<Storages>> {
        Ok(Storages::find(config).await?.map(|found| self.put_into(found)))
    }

    fn put_into(&self, mut storages: Storages) -> Storages {
        if let Some(replace) = &self.replace {
            replace(&mut storages);
        }
        storages
    }
}
