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
    dropped: Arc<AtomicU64>,
    hurry: Arc<Notify>,
    settled: watch::Receiver<u64>,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretSource>,
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
        let (dropped, hurry) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        let writer = ActivityWriter::new(queued, storage, Arc::clone(&hurry), progress, Arc::clone(&dropped));
        let tail = Mutex::new(Tail { last: ActivityId::from_bytes([0; 16]), queued: 0 });
        (Self { entries, tail, dropped, hurry, settled, clock, secrets }, writer)
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
            Err(_) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
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
