//! A database with the runtime that its connections live on, and how async callers reach it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use tessera_repositories::{PoolLoad, Result as RepositoryResult};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, debug_span};

use crate::connection::Target;
use crate::error::Failure;
use crate::gauge::Meter;
use crate::migrate;
use crate::pool::{self, Work};
use crate::reach::Reach;

/// A longer queue is no bound: what is at its end is too late anyway.
const MOST_PLACES: u32 = 1 << 20;

/// How a store works on its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// The most connections at a time. All instances together must stay below the server's `max_connections`.
    pub connections: usize,
    /// The threads with a runtime to themselves that ask all the time, as the workers of a web server do. Each of them has an
    /// equal share of three quarters of the connections to itself.
    pub workers: usize,
    /// The most jobs that wait for a connection; one more is refused at once as transient.
    pub queue: usize,
    /// How long a caller waits for its answer. The server's own deadlines follow from it.
    pub patience: Duration,
}

impl Default for StoreOptions {
    /// Connections that wait for the disk share its writes, so a few more than there are cores. A request must end
    /// within 5 s, whatever the server does.
    fn default() -> Self {
        Self { connections: 16, workers: 0, queue: 4_096, patience: Duration::from_secs(4) }
    }
}

/// Why a store did not connect.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not one of a PostgreSQL database, or has a parameter that is not understood. It is not repeated here,
    /// since it may hold a password.
    #[error("the URL is not understood (postgres://user:password@host:port/database)")]
    Url,
    /// The certificates that the URL has us trust (`sslrootcert`, or else those of the operating system) cannot be used.
    #[error("the certificates to verify the server with cannot be used (sslmode, sslrootcert)")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// The runtime or the pool cannot be made.
    #[error("the threads that talk to the database cannot be started")]
    Start(#[source] Box<dyn Error + Send + Sync>),
    /// The server is not there, or refuses us.
    #[error("the database cannot be reached")]
    Unreachable(#[source] diesel::ConnectionError),
    /// A pooler between the server and us gives each transaction another session, which nothing here could be relied on with.
    #[error(
        "it is behind a pooler in transaction mode, with which one instance executes what another prepared; \
         connect to PostgreSQL itself, or to a pooler in session mode"
    )]
    Pooled,
    /// The schema could not be brought up to date. Nothing of it was changed.
    #[error("the database schema cannot be brought up to date")]
    Migrate(#[source] Box<dyn Error + Send + Sync>),
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Start(error.into())
    }
}

/// A connected database. Clones share it; it disconnects with the last one.
#[derive(Clone)]
pub struct PostgresStore(Arc<Shared>);

struct Shared {
    reach: Reach,
    most_connections: usize,
    /// One place for each job that runs or waits.
    places: Arc<Semaphore>,
    place_count: u32,
    patience: Duration,
    meter: Meter,
    runtime: OwnRuntime,
}

impl PostgresStore {
    /// Connects to the database at `url` with [`StoreOptions::default`], see [`PostgresStore::connect_with`].
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::connect_with(url, StoreOptions::default()).await
    }

    /// Connects to the database at `url` and brings its schema up to date; several instances may do so at once. It
    /// tries once: whether and for how long to wait for a server that is still starting is the caller's decision.
    ///
    /// The tables are those of the first schema in the `search_path`, which the URL may set
    /// (`?options=-c%20search_path%3Dtessera`).
    ///
    /// `sslmode` and `sslrootcert` are libpq's: `prefer` unless the URL says otherwise, which encrypts where the server can;
    /// `require` encrypts always; only `verify-full` also makes sure of the server.
    pub async fn connect_with(url: &str, options: StoreOptions) -> Result<Self, ConnectError> {
        let target = Target::parse(url, options.patience)?;
        let runtime = OwnRuntime::start()?;
        migrate::run(&runtime.handle, target.clone().for_migrations()).await?;
        let most_connections = options.connections.max(1);
        let reach = Reach::new(target.for_work(), most_connections, options.workers, &runtime.handle)
            .map_err(|error| ConnectError::Start(error.into()))?;
        let place_count = u32::try_from(options.connections.saturating_add(options.queue)).unwrap_or(u32::MAX);
        let place_count = place_count.clamp(1, MOST_PLACES);
        let places = Arc::new(Semaphore::new(usize::try_from(place_count).unwrap_or(1)));
        let (patience, meter) = (options.patience, Meter::default());
        Ok(Self(Arc::new(Shared { reach, most_connections, places, place_count, patience, meter, runtime })))
    }

    /// Finishes what was asked and disconnects, for all clones. What is asked afterwards is refused as transient. What was asked
    /// on a runtime that is gone, or is driven by nobody any more, is not waited for: it is done or undone, as the server finds.
    pub async fn close(&self) {
        // Every job that goes on gives its place back in time; a second call finds the semaphore closed.
        let _all_done = timeout(self.0.patience, self.0.places.acquire_many(self.0.place_count)).await;
        self.0.places.close();
        self.0.reach.close();
    }

    /// Does `work` on a connection, and tells the ports what came of it.
    pub(crate) async fn run<T, W>(&self, context: &'static str, work: W) -> RepositoryResult<T>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Failure> + Send + 'static,
        W: for<'c> Work<&'c mut AsyncPgConnection, Result<T, Failure>, Running: Send>,
    {
        let answer = self.spawn(work).instrument(debug_span!("postgres", operation = context)).await;
        match &answer {
            Err(Failure::Late) => self.0.meter.late.fetch_add(1, Ordering::Relaxed),
            Err(Failure::QueueFull) => self.0.meter.refused.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        answer.map_err(|failure| failure.into_repository_error(context))
    }

    /// How many connections there are, and who waits for one.
    pub(crate) fn load(&self) -> PoolLoad {
        let jobs = usize::try_from(self.0.place_count).unwrap_or(0).saturating_sub(self.0.places.available_permits());
        let busy = self.0.reach.busy();
        PoolLoad {
            name: "connections",
            size: self.0.most_connections as u64,
            busy: busy as u64,
            waiting: jobs.saturating_sub(busy) as u64,
            refused: self.0.meter.refused.load(Ordering::Relaxed),
            late: self.0.meter.late.load(Ordering::Relaxed),
        }
    }

    /// The work is a task of its own, on the runtime of a worker or of the store. A caller that goes away (a request whose
    /// client hung up) drops only the handle: the work is done, or undone, but never left in the middle. Where a runtime ends
    /// before it, the connection ends too, and the server undoes what was open.
    async fn spawn<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Failure> + Send + 'static,
        W: for<'c> Work<&'c mut AsyncPgConnection, Result<T, Failure>, Running: Send>,
    {
        let place = Arc::clone(&self.0.places).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => Failure::QueueFull,
            TryAcquireError::Closed => Failure::Closed,
        })?;
        let reached = self.0.reach.within_reach(&self.0.runtime.handle);
        let patience = self.0.patience;
        let job = reached.runtime.clone().spawn(async move {
            let deadline = Instant::now() + patience;
            // At most half of the time is spent waiting for a connection.
            let connection = timeout(patience / 2, reached.connection()).await.map_err(|_| Failure::Late)??;
            let answer = pool::on(connection, deadline, work).await;
            drop(place);
            answer
        });
        job.await.unwrap_or(Err(Failure::Closed))
    }
}

/// A runtime of our own. A connection dies with the runtime it was opened on; those that are here belong to no worker of
/// the web server.
struct OwnRuntime {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl OwnRuntime {
    /// Its threads only pass bytes on, so that half of the cores keep up with the requests of all.
    fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores.div_ceil(2).min(4))
            .thread_name("postgres")
            .enable_all()
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

/// Without waiting, since the last clone may well be dropped by a task.
impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
