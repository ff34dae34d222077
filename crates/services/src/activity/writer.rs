//! Writing what was noted: in batches, by one task in the background.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tessera_domain::Activity;
use tessera_repositories::ActivityRepository;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::queue::Dropped;

/// The most entries of one batch.
pub(super) const BATCH: usize = 256;
/// How long the first entry of a batch waits for others. While logins fail in numbers, that is ten writes a second instead
/// of one for each; and what is written begins when the request that caused it is answered, so that nobody feels it.
const GATHER: Duration = Duration::from_millis(100);
/// How long a storage that is away is left alone.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long the last entries may take when the process stops.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Empties the queue of an [`ActivityQueue`](super::ActivityQueue).
pub struct ActivityWriter {
    queued: mpsc::Receiver<Activity>,
    storage: Arc<dyn ActivityRepository>,
    /// What is being written. It outlives an attempt that fails or is broken off: a storage leaves alone what it has.
    batch: Vec<Activity>,
    /// Rung by who does not want to wait for a batch to gather.
    hurry: Arc<Notify>,
    settled: watch::Sender<u64>,
    dropped: Arc<Dropped>,
    is_behind: bool,
}

impl ActivityWriter {
    pub(super) fn new(
        queued: mpsc::Receiver<Activity>,
        storage: Arc<dyn ActivityRepository>,
        hurry: Arc<Notify>,
        settled: watch::Sender<u64>,
        dropped: Arc<Dropped>,
    ) -> Self {
        Self { queued, storage, batch: Vec::new(), hurry, settled, dropped, is_behind: false }
    }

    /// Writes until `stop`, then for a few seconds at most what was noted by then. It ends by itself when nobody can
    /// note anything any longer.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                went_on = self.write_batch() => if !went_on { break },
            }
        }
        self.queued.close();
        let rest = timeout(LAST_CALL, async { while self.write_batch().await {} }).await;
        if rest.is_err() {
            self.drop_batch();
            self.count_dropped(self.queued.len());
        }
        self.report_dropped();
    }

    /// Waits for entries and writes them, or tries once more to write those it has. `false` when there will be no more.
    async fn write_batch(&mut self) -> bool {
        if self.batch.is_empty() && !self.gather().await {
            return false;
        }
        while self.batch.len() < BATCH
            && let Ok(entry) = self.queued.try_recv()
        {
            self.batch.push(entry);
        }
        match self.storage.insert(&self.batch).await {
            Ok(()) => {
                self.settle_batch();
                self.report_dropped();
            }
            Err(error) if error.is_transient() => {
                if !self.is_behind {
                    tracing::warn!(%error, "the activity log cannot be written");
                }
                self.is_behind = true;
                sleep(TRY_AGAIN_AFTER).await;
            }
            Err(error) => {
                tracing::error!(%error, "a part of the activity log could not be written");
                self.drop_batch();
            }
        }
        true
    }

    /// Waits for a first entry, and then a little for others, unless it is known that there will be none.
    async fn gather(&mut self) -> bool {
        let Some(first) = self.queued.recv().await else { return false };
        self.batch.push(first);
        if !self.queued.is_closed() {
            tokio::select! {
                () = sleep(GATHER) => {}
                () = self.hurry.notified() => {}
            }
        }
        true
    }

    fn settle_batch(&mut self) {
        let count = self.batch.len() as u64;
        self.batch.clear();
        self.is_behind = false;
        self.settled.send_modify(|settled| *settled += count);
    }

    fn drop_batch(&mut self) {
        self.count_dropped(self.batch.len());
        self.settle_batch();
    }

    fn count_dropped(&self, entries: usize) {
        self.dropped.add(entries as u64);
    }

    fn report_dropped(&self) {
        let dropped = self.dropped.report();
        if dropped > 0 {
            tracing::warn!(dropped, "entries of the activity log were dropped");
        }
    }
}
