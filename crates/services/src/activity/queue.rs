//! The queue between those who note and the one who writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Activity, ActivityEvent, ActivityId, UserId};
use tessera_repositories::ActivityRepository;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

use super::{ActivityRecorder, ActivityWriter};
use crate::ClientInfo;
use crate::ports::{Clock, SecretSource, random};

/// How many entries may wait. At the most that logins can fail in a second, that is many seconds without a storage; in
/// memory it is about a megabyte.
pub(super) const CAPACITY: usize = 4_096;
/// How long [`ActivityRecorder::settle`] waits at most.
const A_MOMENT: Duration = Duration::from_millis(250);

/// The [`ActivityRecorder`] in front of an [`ActivityWriter`].
pub struct ActivityQueue {
    entries: mpsc::Sender<Activity>,
    tail: Mutex<Tail>,
    dropped: Arc<Dropped>,
    hurry: Arc<Notify>,
    settled: watch::Receiver<u64>,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretSource>,
}

/// Entries that found no place, or could not be written.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    unreported: AtomicU64,
    ever: AtomicU64,
}

impl Dropped {
    pub fn add(&self, entries: u64) {
        self.unreported.fetch_add(entries, Ordering::Relaxed);
        self.ever.fetch_add(entries, Ordering::Relaxed);
    }

    /// How many there were since this was last asked.
    pub fn report(&self) -> u64 {
        self.unreported.swap(0, Ordering::Relaxed)
    }
}

/// Reads off an [`ActivityQueue`], and does not keep it.
#[derive(Debug, Clone)]
pub struct ActivityGauge {
    entries: mpsc::WeakSender<Activity>,
    dropped: Arc<Dropped>,
}

impl ActivityGauge {
    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.entries.upgrade().map_or(0, |entries| entries.max_capacity() - entries.capacity())
    }

    /// How many entries were dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.ever.load(Ordering::Relaxed)
    }
}

/// The end of the queue. Whoever holds it has the next place.
struct Tail {
    last: ActivityId,
    queued: u64,
}

impl ActivityQueue {
    /// An empty queue, and the writer that empties it into `storage`.
    pub fn new(
        storage: Arc<dyn ActivityRepository>,
        clock: Arc<dyn Clock>,
        secrets: Arc<dyn SecretSource>,
    ) -> (Self, ActivityWriter) {
        let (entries, queued) = mpsc::channel(CAPACITY);
        let (progress, settled) = watch::channel(0);
        let (dropped, hurry) = (Arc::<Dropped>::default(), Arc::new(Notify::new()));
        let writer = ActivityWriter::new(queued, storage, Arc::clone(&hurry), progress, Arc::clone(&dropped));
        let tail = Mutex::new(Tail { last: ActivityId::from_bytes([0; 16]), queued: 0 });
        (Self { entries, tail, dropped, hurry, settled, clock, secrets }, writer)
    }

    /// What can be read off this queue while there is one.
    pub fn gauge(&self) -> ActivityGauge {
        ActivityGauge { entries: self.entries.downgrade(), dropped: Arc::clone(&self.dropped) }
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ActivityRecorder for ActivityQueue {
    fn record(&self, user_id: UserId, event: ActivityEvent, client: &ClientInfo) {
        let at = self.clock.now();
        let fresh = ActivityId::new(at, random(&*self.secrets));
        let (ip, user_agent) = (client.ip, client.user_agent.as_ref().map(ToString::to_string));
        let mut tail = self.tail();
        let id = if fresh > tail.last { fresh } else { successor(tail.last) };
        match self.entries.try_send(Activity { id, user_id, event, at, ip, user_agent }) {
            Ok(()) => *tail = Tail { last: id, queued: tail.queued + 1 },
            Err(_) => self.dropped.add(1),
        }
    }

    async fn settle(&self) {
        let queued = self.tail().queued;
        let mut settled = self.settled.clone();
        self.hurry.notify_one();
        // Too late, or there is no writer any longer: either way there is nothing to wait for.
        drop(timeout(A_MOMENT, settled.wait_for(|settled| *settled >= queued)).await);
    }
}

/// The least id after `id`. Entries of one millisecond keep their order by it.
fn successor(id: ActivityId) -> ActivityId {
    ActivityId::from_bytes(u128::from_be_bytes(*id.as_bytes()).wrapping_add(1).to_be_bytes())
}
