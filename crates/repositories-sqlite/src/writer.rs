//! The writer: one thread that owns the only connection that writes, and commits what is waiting together.
//!
//! The price of a durable write is the `fsync` of its commit. While one is under way, more work gathers in the queue;
//! the next transaction takes all of it. A caller is answered after the commit that holds its work, never before.
//!
//! Neighbours in a transaction must not feel each other. When any job fails, the whole transaction is rolled back and
//! each job runs again in one of its own; that is why a job can be run more than once, and why it needs no savepoint.

use std::io;
use std::iter;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use diesel::result::Error as DieselError;
use tessera_repositories::PoolLoad;
use tokio::sync::oneshot;

use crate::StoreOptions;
use crate::connection::Connection;
use crate::error::Failure;
use crate::gauge::Meter;

/// How long to wait for another process that is writing. Less than a caller waits for its answer, so that it learns
/// that nothing was written.
const PATIENCE: Duration = Duration::from_secs(3);

/// Work for the writer.
pub(crate) trait Job: Send {
    /// Does it. Called again after a rollback.
    fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), Failure>;
    /// What the last run did is on the disk: answers the caller.
    fn acknowledge(self: Box<Self>);
    /// Nothing was done: tells the caller why.
    fn fail(self: Box<Self>, failure: Failure);
}

/// A closure as a [`Job`]. A caller that has gone away does not stop it: what was asked for is done entirely.
pub(crate) struct Work<F, T> {
    pub(crate) run: F,
    pub(crate) answer: Option<T>,
    pub(crate) reply: oneshot::Sender<Result<T, Failure>>,
}

impl<F, T> Job for Work<F, T>
where
    F: FnMut(&mut SqliteConnection) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        self.answer = Some((self.run)(connection)?);
        Ok(())
    }

    fn acknowledge(self: Box<Self>) {
        // An error here means that nobody is waiting any more.
        let _ = self.reply.send(self.answer.ok_or(Failure::Closed));
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}

enum Message {
    Write(Box<dyn Job>),
    Stop,
}

/// The way to the writer's thread.
pub(crate) struct Writer {
    queue: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    meter: Arc<Meter>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, options: StoreOptions) -> io::Result<Self> {
        let (queue, waiting) = crossbeam_channel::bounded(options.queue);
        let (meter, max_batch) = (Arc::new(Meter::default()), options.max_batch.max(1));
        let committer = Committer { connection, waiting, max_batch, meter: Arc::clone(&meter), stopping: false };
        let thread = thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || committer.serve())?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)), meter })
    }

    /// Puts a job in the queue, without waiting for a place in it.
    pub(crate) fn submit(&self, job: Box<dyn Job>) -> Result<(), Failure> {
        self.queue.try_send(Message::Write(job)).map_err(|error| match error {
            TrySendError::Full(_) => {
                self.meter.refused();
                Failure::QueueFull
            }
            TrySendError::Disconnected(_) => Failure::Closed,
        })
    }

    /// How busy it is.
    pub(crate) fn load(&self) -> PoolLoad {
        self.meter.read("writer", 1, self.queue.len())
    }

    /// An answer came too late.
    pub(crate) fn note_late(&self) {
        self.meter.late();
    }

    /// Finishes what is in the queue, and ends. Work that comes later is refused.
    pub(crate) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Message::Stop);
            let _ = thread.join();
        }
    }
}

/// What runs on the writer's thread.
struct Committer {
    connection: Connection,
    waiting: Receiver<Message>,
    max_batch: usize,
    meter: Arc<Meter>,
    stopping: bool,
}

impl Committer {
    fn serve(mut self) {
        while let Some(batch) = self.next_batch() {
            let meter = Arc::clone(&self.meter);
            meter.at_work(|| self.process(batch));
        }
        // Leaves one file behind instead of three, if nobody else has it open.
        let _ = self.connection.run(|connection| Ok(connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?));
    }

    /// All that is waiting, up to the limit; waits only for the first. `None` when it is time to end.
    fn next_batch(&mut self) -> Option<Vec<Box<dyn Job>>> {
        let mut batch = Vec::new();
        while batch.len() < self.max_batch {
            let wait = batch.is_empty() && !self.stopping;
            match if wait { self.waiting.recv().ok() } else { self.waiting.try_recv().ok() } {
                Some(Message::Write(job)) => batch.push(job),
                Some(Message::Stop) => self.stopping = true,
                None => break,
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn process(&mut self, mut batch: Vec<Box<dyn Job>>) {
        match self.commit(&mut batch) {
            Ok(()) => batch.into_iter().for_each(Job::acknowledge),
            Err(failure) if failure.is_before_any_work() || batch.len() == 1 => fail_all(batch, failure),
            Err(failure) => {
                tracing::debug!(%failure, jobs = batch.len(), "a shared transaction failed; its jobs run one by one");
                self.process_one_by_one(batch);
            }
        }
    }

    fn process_one_by_one(&mut self, batch: Vec<Box<dyn Job>>) {
        let mut jobs = batch.into_iter();
        while let Some(mut job) = jobs.next() {
            match self.commit(slice::from_mut(&mut job)) {
                Ok(()) => job.acknowledge(),
                // The others would wait as long for the same answer, one after the other.
                Err(failure) if failure.is_before_any_work() => return fail_all(iter::once(job).chain(jobs), failure),
                Err(failure) => job.fail(failure),
            }
        }
    }

    /// Runs all jobs of `batch` in one transaction, and commits it; asks again while another process is writing.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.connection.run(|connection| run_together(connection, batch)) {
                Err(failure) if failure.is_busy() && Instant::now() < give_up => {}
                Err(failure) if failure.is_busy() => return Err(Failure::Locked),
                result => return result,
            }
        }
    }
}

fn fail_all(jobs: impl IntoIterator<Item = Box<dyn Job>>, failure: Failure) {
    let failure = Arc::new(failure);
    jobs.into_iter().for_each(|job| job.fail(Failure::Shared(Arc::clone(&failure))));
}

/// `BEGIN IMMEDIATE`: a transaction that becomes a writer only later can fail in the middle, without having waited.
fn run_together(connection: &mut SqliteConnection, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    let mut refused = None;
    let result = connection.immediate_transaction(|connection| {
        batch.iter_mut().try_for_each(|job| job.run(connection)).map_err(|failure| {
            // Kept apart: SQLite may have rolled back by itself, and then the rollback's own error hides the cause.
            refused = Some(failure);
            DieselError::RollbackTransaction
        })
    });
    match refused {
        Some(failure) => Err(failure),
        None => Ok(result?),
    }
}

#[cfg(test)]
mod tests;
