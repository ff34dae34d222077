//! What the activity log promises while its storage is well, slow, away and broken.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Activity, ActivityEvent, ActivityId, Timestamp, UserId};
use tessera_repositories::{ActivityPage, ActivityPageRequest, ActivityRepository, MockActivityRepository, Result};
use tokio::sync::Semaphore;

use super::queue::CAPACITY;
use super::writer::BATCH;
use super::{ActivityQueue, ActivityRecorder as _, ActivityWriter};
use crate::fixtures::{NOW, SameBytes, USER, away, broken, client, clock};

/// A storage that takes each batch when it is let, and keeps what it is given.
struct Gate {
    permits: Semaphore,
    batches: Mutex<Vec<Vec<Activity>>>,
}

impl Gate {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(permits), batches: Mutex::default() })
    }

    fn entries(&self) -> Vec<Activity> {
        self.batches.lock().expect("unpoisoned").concat()
    }
}

#[async_trait]
impl ActivityRepository for Gate {
    async fn insert(&self, entries: &[Activity]) -> Result<()> {
        self.permits.acquire().await.expect("open").forget();
        self.batches.lock().expect("unpoisoned").push(entries.to_vec());
        Ok(())
    }

    async fn list(&self, _: ActivityPageRequest) -> Result<ActivityPage> {
        Err(broken())
    }

    async fn delete_older(&self, _: Timestamp, _: u32) -> Result<u32> {
        Err(broken())
    }
}

fn queue(storage: impl ActivityRepository + 'static) -> (ActivityQueue, ActivityWriter) {
    ActivityQueue::new(Arc::new(storage), clock(), Arc::new(SameBytes))
}

fn gated(gate: &Arc<Gate>) -> (ActivityQueue, ActivityWriter) {
    ActivityQueue::new(Arc::<Gate>::clone(gate), clock(), Arc::new(SameBytes))
}

#[tokio::test]
async fn an_entry_says_who_what_when_and_from_where() {
    let gate = Gate::new(1);
    let (queue, writer) = gated(&gate);
    queue.record(USER, ActivityEvent::LoginFailed, &client());
    writer.run(ready(())).await;
    let expected = Activity {
        id: ActivityId::new(NOW, [7; 10]),
        user_id: USER,
        event: ActivityEvent::LoginFailed,
        at: NOW,
        ip: client().ip,
        user_agent: Some("curl/8".to_owned()),
    };
    assert_eq!(gate.entries(), [expected]);
}

#[tokio::test]
async fn entries_of_one_moment_keep_their_order() {
    let gate = Gate::new(1);
    let (queue, writer) = gated(&gate);
    for number in 0..3 {
        queue.record(UserId::from_bytes([number; 16]), ActivityEvent::LoggedIn, &client());
    }
    writer.run(ready(())).await;
    let entries = gate.entries();
    assert!(entries.is_sorted_by(|a, b| a.id < b.id && a.user_id < b.user_id), "{entries:?}");
}

#[tokio::test]
async fn noting_waits_for_nobody_and_drops_what_finds_no_room() {
    let gate = Gate::new(0);
    let (queue, writer) = gated(&gate);
    for _ in 0..CAPACITY + 10 {
        queue.record(USER, ActivityEvent::LoginFailed, &client());
    }
    gate.permits.add_permits(CAPACITY);
    writer.run(ready(())).await;
    assert_eq!(gate.entries().len(), CAPACITY);
    let sizes: Vec<_> = gate.batches.lock().expect("unpoisoned").iter().map(Vec::len).collect();
    assert_eq!(sizes, [BATCH; CAPACITY / BATCH]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_in_a_moment_is_one_batch_unless_somebody_waits_for_it() {
    let gate = Gate::new(8);
    let (queue, writer) = gated(&gate);
    tokio::spawn(writer.run(pending()));
    let sizes = || gate.batches.lock().expect("unpoisoned").iter().map(Vec::len).collect::<Vec<_>>();
    for _ in 0..3 {
        queue.record(USER, ActivityEvent::LoginFailed, &client());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sizes(), []);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(sizes(), [3]);
    let started = tokio::time::Instant::now();
    queue.record(USER, ActivityEvent::LoginFailed, &client());
    queue.settle().await;
    assert_eq!((sizes(), started.elapsed()), (vec![3, 1], Duration::ZERO));
}

#[tokio::test]
async fn who_settles_finds_what_was_noted_before() {
    let gate = Gate::new(8);
    let (queue, writer) = gated(&gate);
    tokio::spawn(writer.run(pending()));
    for count in 1..=3 {
        queue.record(USER, ActivityEvent::LoggedIn, &client());
        queue.settle().await;
        assert_eq!(gate.entries().len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_behind_keeps_nobody_waiting() {
    let (queue, writer) = gated(&Gate::new(0));
    tokio::spawn(writer.run(pending()));
    queue.record(USER, ActivityEvent::LoggedIn, &client());
    let started = tokio::time::Instant::now();
    queue.settle().await;
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_was_away_is_given_the_same_entries_again() {
    let mut storage = MockActivityRepository::new();
    let mut order = mockall::Sequence::new();
    storage.expect_insert().times(3).in_sequence(&mut order).returning(|_| Err(away()));
    storage.expect_insert().withf(|entries| entries.len() == 2).times(1).in_sequence(&mut order).returning(|_| Ok(()));
    let (queue, writer) = queue(storage);
    queue.record(USER, ActivityEvent::LoggedIn, &client());
    queue.record(USER, ActivityEvent::LoggedOut, &client());
    drop(queue);
    writer.run(pending()).await;
}

#[tokio::test]
async fn what_cannot_be_written_does_not_stop_the_rest() {
    let mut storage = MockActivityRepository::new();
    let mut order = mockall::Sequence::new();
    storage.expect_insert().times(1).in_sequence(&mut order).returning(|_| Err(broken()));
    storage.expect_insert().withf(|entries| entries.len() == 1).times(1).in_sequence(&mut order).returning(|_| Ok(()));
    let (queue, writer) = queue(storage);
    for _ in 0..=BATCH {
        queue.record(USER, ActivityEvent::LoggedIn, &client());
    }
    writer.run(ready(())).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_was_noted_but_not_for_ever() {
    let gate = Gate::new(1);
    let (queue, writer) = gated(&gate);
    for _ in 0..=BATCH {
        queue.record(USER, ActivityEvent::LoggedIn, &client());
    }
    writer.run(ready(())).await;
    assert_eq!(gate.entries().len(), BATCH, "the second batch was never let through");
    queue.record(USER, ActivityEvent::LoggedIn, &client());
    queue.settle().await;
}
