//! The threads that hash passwords, and the bounded queue before them.
//!
//! They are not the runtime's blocking threads: those are hundreds, shared with everything else, and cannot be given a
//! priority. The threads end when the pool is dropped; one that is at work finishes first, and nobody waits for it.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use tessera_services::ports::HashError;
use tokio::sync::oneshot;

use super::admission::Admission;
use super::priority;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads of low priority.
pub(super) struct HashPool {
    jobs: Sender<Job>,
    admission: Admission,
    load: Arc<Load>,
}

impl HashPool {
    /// Starts `threads` threads. A job may wait for at most `max_wait`, and at most `queue` jobs may. `first_estimate`
    /// stands for the time that one takes until some have been timed.
    pub(super) fn start(
        threads: NonZeroUsize,
        queue: usize,
        max_wait: Duration,
        first_estimate: Duration,
    ) -> io::Result<Self> {
        let admission = Admission { threads: threads.get(), queue, max_wait };
        // Unbounded on its own: a job is sent only by who holds a place, and those are counted.
        let (jobs, inbox) = crossbeam_channel::unbounded();
        for number in 1..=threads.get() {
            let inbox = inbox.clone();
            thread::Builder::new().name(format!("password-{number}")).spawn(move || run_all(&inbox))?;
        }
        Ok(Self { jobs, admission, load: Arc::new(Load::new(first_estimate)) })
    }

    /// What can be read off the pool, also when it is gone.
    pub(super) fn gauge(&self) -> HashPoolGauge {
        HashPoolGauge { load: Arc::clone(&self.load), threads: self.admission.threads }
    }

    /// Queues `work` and promises its result, or refuses at once. A promise that is dropped before a thread gets
    /// to `work` saves its cost. The promise is broken if `work` panics.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, HashError> {
        let place = Place::take(&self.load, &self.admission)?;
        let (answer, promise) = oneshot::channel();
        let job = move || {
            if answer.is_closed() {
                return;
            }
            let result = place.timed(work);
            // The place is free before the caller knows the result: its next job must not meet its last one.
            drop(place);
            if let Ok(result) = result {
                let _caller_may_have_gone = answer.send(result);
            } else {
                // What it panicked about is not logged here, since that may quote its input.
                tracing::error!("a password hashing job panicked");
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| HashError::Failed)?;
        Ok(promise)
    }
}

fn run_all(inbox: &Receiver<Job>) {
    priority::yield_to_others();
    for job in inbox {
        job();
    }
}

/// Reads off a pool.
#[derive(Clone)]
pub struct HashPoolGauge {
    load: Arc<Load>,
    threads: usize,
}

/// What a pool does, and has done since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashPoolState {
    /// Its threads.
    pub threads: usize,
    /// How many of them are at work.
    pub busy: usize,
    /// How many jobs wait.
    pub waiting: usize,
    /// How many jobs were refused, since they would have waited too long.
    pub refused: u64,
    /// How many jobs were done.
    pub done: u64,
    /// How long those took together, without the time that they waited.
    pub total: Duration,
}

impl HashPoolGauge {
    /// The state at this moment. A thread that could work does, so that what is more than the threads waits.
    pub fn read(&self) -> HashPoolState {
        let jobs = self.load.jobs.load(Ordering::Relaxed);
        let busy = jobs.min(self.threads);
        HashPoolState {
            threads: self.threads,
            busy,
            waiting: jobs - busy,
            refused: self.load.refused.load(Ordering::Relaxed),
            done: self.load.done.load(Ordering::Relaxed),
            total: Duration::from_micros(self.load.total_micros.load(Ordering::Relaxed)),
        }
    }
}

/// What admission is decided on, and what is counted besides.
struct Load {
    /// Jobs that wait or run.
    jobs: AtomicUsize,
    /// The running average of the time that a job takes, contention included.
    average_micros: AtomicU64,
    refused: AtomicU64,
    done: AtomicU64,
    total_micros: AtomicU64,
}

impl Load {
    fn new(first_estimate: Duration) -> Self {
        Self {
            jobs: AtomicUsize::new(0),
            average_micros: AtomicU64::new(micros(first_estimate)),
            refused: AtomicU64::new(0),
            done: AtomicU64::new(0),
            total_micros: AtomicU64::new(0),
        }
    }

    fn average(&self) -> Duration {
        Duration::from_micros(self.average_micros.load(Ordering::Relaxed))
    }

    /// Each job moves the average by an eighth of the difference: one odd reading does not, a changed load soon does.
    fn record(&self, took: Duration) {
        let next = |average: u64| Some(average - average / 8 + micros(took) / 8);
        let _always_updated = self.average_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        self.done.fetch_add(1, Ordering::Relaxed);
        self.total_micros.fetch_add(micros(took), Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// One job's place in the pool, given back when it is done, skipped, or ended by a panic.
struct Place(Arc<Load>);

impl Place {
    fn take(load: &Arc<Load>, admission: &Admission) -> Result<Self, HashError> {
        let average = load.average();
        let join = |ahead| admission.admits(ahead, average).then_some(ahead + 1);
        match load.jobs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, join) {
            Ok(_) => Ok(Self(Arc::clone(load))),
            Err(ahead) => {
                load.refused.fetch_add(1, Ordering::Relaxed);
                Err(HashError::Busy { retry_after: admission.retry_after(ahead, average) })
            }
        }
    }

    /// Does `work` and times it. A panic ends the work and not the thread: whatever it could have left half done went
    /// with it.
    fn timed<T>(&self, work: impl FnOnce() -> T) -> thread::Result<T> {
        let started = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(work))?;
        self.0.record(started.elapsed());
        Ok(result)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.jobs.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;

    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

    fn pool(threads: usize, queue: usize, max_wait: Duration, estimate: Duration) -> HashPool {
        HashPool::start(NonZeroUsize::new(threads).expect("not zero"), queue, max_wait, estimate).expect("threads")
    }

    /// Keeps one thread of the pool busy until the returned sender is dropped.
    fn occupy(pool: &HashPool) -> (mpsc::Sender<()>, oneshot::Receiver<()>) {
        let (gate, closed) = mpsc::channel::<()>();
        let work = move || {
            let _opened = closed.recv();
        };
        (gate, pool.submit(work).expect("admitted"))
    }

    #[tokio::test]
    async fn answers_with_the_result() {
        let pool = pool(2, 8, NO_TIME, NO_TIME);
        assert_eq!(pool.submit(|| 6 * 7).expect("admitted").await, Ok(42));
        assert_eq!(pool.load.jobs.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_recovers() {
        let pool = pool(1, 1, Duration::MAX, NO_TIME);
        let (gate, running) = occupy(&pool);
        let waiting = pool.submit(|| ()).expect("one may wait");
        let refused = pool.submit(|| ()).err();
        assert_eq!(refused, Some(HashError::Busy { retry_after: Duration::from_secs(1) }));
        let state = pool.gauge().read();
        assert_eq!((state.threads, state.busy, state.waiting, state.refused, state.done), (1, 1, 1, 1, 0));

        drop(gate);
        running.await.expect("done");
        waiting.await.expect("done");
        let state = pool.gauge().read();
        assert_eq!((state.busy, state.waiting, state.refused, state.done), (0, 0, 1, 2));
        assert!(pool.submit(|| ()).is_ok());
    }

    #[tokio::test]
    async fn refuses_who_would_wait_too_long_and_says_when_to_come_back() {
        let pool = pool(1, 100, Duration::from_secs(3), Duration::from_secs(2));
        let (_gate, _running) = occupy(&pool);
        let _waits_two_seconds = pool.submit(|| ()).expect("within the budget");
        let refused = pool.submit(|| ()).err();
        assert_eq!(refused, Some(HashError::Busy { retry_after: Duration::from_secs(4) }));
    }

    #[tokio::test]
    async fn skips_a_job_whose_caller_has_gone() {
        let pool = pool(1, 8, Duration::MAX, NO_TIME);
        let (gate, _running) = occupy(&pool);
        let ran = Arc::new(AtomicBool::new(false));
        let witness = Arc::clone(&ran);
        drop(pool.submit(move || witness.store(true, Ordering::SeqCst)).expect("admitted"));
        let last = pool.submit(|| ()).expect("admitted");
        drop(gate);
        last.await.expect("done");
        assert!(!ran.load(Ordering::SeqCst));
        assert_eq!(pool.load.jobs.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn survives_a_panic() {
        let pool = pool(1, 0, NO_TIME, NO_TIME);
        for _ in 0..3 {
            let broken = pool.submit(|| -> () { panic!("a defect") }).expect("admitted").await;
            assert!(broken.is_err());
        }
        assert_eq!(pool.submit(|| 1).expect("admitted").await, Ok(1));
    }

    #[test]
    fn learns_how_long_a_job_takes() {
        let load = Load::new(Duration::from_millis(800));
        load.record(Duration::from_millis(400));
        assert_eq!(load.average(), Duration::from_millis(750));
        for _ in 0..100 {
            load.record(Duration::from_millis(400));
        }
        assert!(load.average().abs_diff(Duration::from_millis(400)) < Duration::from_millis(1));
    }
}
