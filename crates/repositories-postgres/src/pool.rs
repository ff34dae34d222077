//! The pool: which connections may serve a second job.
//!
//! Only one that gave an answer. After an error, a deadline or a panic nobody knows what a connection is in the middle
//! of, and asking would cost every checkout a round trip; it is closed, and the server rolls back what was open.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::QueueMode;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures_util::FutureExt as _;
use tessera_repositories::PoolLoad;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::Target;
use crate::error::Failure;
use crate::gauge::Meter;

/// What is done with a connection: an `async move |connection| { … }` whose future may move between threads.
///
/// The language cannot yet say the latter of an [`AsyncFnOnce`]; the associated type is how it is said here.
pub(crate) trait Work<C, R>: AsyncFnOnce(C) -> R + FnOnce(C) -> Self::Running {
    type Running: Future<Output = R>;
}

impl<C, R, W, F> Work<C, R> for W
where
    W: AsyncFnOnce(C) -> R + FnOnce(C) -> F,
    F: Future<Output = R>,
{
    type Running = F;
}

/// A few connections, opened when they are needed. It is to be used on one runtime only, since the connections live on
/// the one they were opened on.
#[derive(Clone)]
pub(crate) struct Connections(Pool<AsyncPgConnection>);

impl Connections {
    pub(crate) fn new(target: Target, size: usize) -> Result<Self, BuildError> {
        let mut config = ManagerConfig::default();
        // Only looks at what is known of a connection here: that it is open, and in no transaction.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let target = target.clone();
            async move { target.open().await }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        // The one that was used last is the warmest: its process on the server has what it needs in its caches.
        Pool::builder(manager).max_size(size.max(1)).queue_mode(QueueMode::Lifo).build().map(Self)
    }

    /// Does `work` on a connection, both within `patience`, of which at most half is spent waiting for the connection.
    pub(crate) async fn lend<T, W>(&self, patience: Duration, work: W) -> Result<T, Failure>
    where
        W: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Failure>,
        W: for<'c> Work<&'c mut AsyncPgConnection, Result<T, Failure>, Running: Send>,
    {
        let deadline = Instant::now() + patience;
        let mut object = timeout(patience / 2, self.0.get()).await.map_err(|_| Failure::Late)??;
        let running = AssertUnwindSafe(timeout_at(deadline, work(&mut object))).catch_unwind();
        let failure = match running.await {
            Ok(Ok(Ok(answer))) => return Ok(answer),
            Ok(Ok(Err(failure))) => failure,
            Ok(Err(_)) => Failure::Late,
            Err(_) => Failure::Panicked,
        };
        drop(Object::take(object));
        Err(failure)
    }

    /// How many there are, and who waits for one.
    pub(crate) fn load(&self, meter: &Meter) -> PoolLoad {
        let pool = self.0.status();
        PoolLoad {
            name: "connections",
            size: pool.max_size as u64,
            busy: pool.size.saturating_sub(pool.available) as u64,
            waiting: pool.waiting as u64,
            refused: meter.refused.load(Ordering::Relaxed),
            late: meter.late.load(Ordering::Relaxed),
        }
    }

    /// Closes the connections that are at rest, and lends no more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Closed => Self::Closed,
            error => Self::Connect(error.into()),
        }
    }
}
