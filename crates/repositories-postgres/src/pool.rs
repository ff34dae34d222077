//! The pool: which connections may serve a second job.
//!
//! Only one that gave an answer. After an error, a deadline or a panic nobody knows what a connection is in the middle
//! of, and asking would cost every checkout a round trip; it is closed, and the server rolls back what was open.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use deadpool::managed::{QueueMode, Timeouts};
use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool, PoolError};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError as Unavailable, RecyclingMethod,
};
use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::connection::Target;
use crate::error::Failure;

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

/// A few connections, opened when they are needed.
#[derive(Clone)]
pub(crate) struct Connections(Pool<AsyncPgConnection>);

/// One of them, until it is dropped.
pub(crate) type Lent = Object<AsyncPgConnection>;

impl Connections {
    /// At most `size` connections. Each lives and dies with the runtime `home`, or if there is none, with that of whoever is
    /// the first to take it.
    pub(crate) fn new(target: Target, size: usize, home: Option<Handle>) -> Result<Self, BuildError> {
        let mut config = ManagerConfig::default();
        // Only looks at what is known of a connection here: that it is open, and in no transaction.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let (target, home) = (target.clone(), home.clone());
            async move {
                let Some(home) = home else { return target.open().await };
                // Dropped with whoever waits for it, so that none is opened that nobody counts.
                let mut opening = JoinSet::new();
                opening.spawn_on(async move { target.open().await }, &home);
                let opened = opening.join_next().await.and_then(Result::ok);
                opened.unwrap_or_else(|| Err(ConnectionError::BadConnection("the store has ended".to_owned())))
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        // The one that was used last is the warmest: its process on the server has what it needs in its caches.
        Pool::builder(manager).max_size(size.max(1)).queue_mode(QueueMode::Lifo).build().map(Self)
    }

    /// The next connection that is free.
    pub(crate) async fn take(&self) -> Result<Lent, Failure> {
        Ok(self.0.get().await?)
    }

    /// A connection, if one is free or may be opened; nothing if all are at work.
    pub(crate) async fn take_free(&self) -> Result<Option<Lent>, Failure> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..Timeouts::default() };
        match self.0.timeout_get(&at_once).await {
            Err(PoolError::Timeout(_)) => Ok(None),
            taken => Ok(Some(taken?)),
        }
    }

    /// How many are at work.
    pub(crate) fn busy(&self) -> usize {
        let pool = self.0.status();
        pool.size.saturating_sub(pool.available)
    }

    /// Closes those that are at rest, and lends no more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

/// Does `work` on a connection, before the deadline. The connection is free afterwards, or closed.
pub(crate) async fn on<T, W>(mut lent: Lent, deadline: Instant, work: W) -> Result<T, Failure>
where
    W: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Failure>,
    W: for<'c> Work<&'c mut AsyncPgConnection, Result<T, Failure>, Running: Send>,
{
    let running = AssertUnwindSafe(timeout_at(deadline, work(&mut lent))).catch_unwind();
    let failure = match running.await {
        Ok(Ok(Ok(answer))) => return Ok(answer),
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(_)) => Failure::Late,
        Err(_) => Failure::Panicked,
    };
    drop(Object::take(lent));
    Err(failure)
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Closed => Self::Closed,
            // Not what two pools say around it.
            PoolError::Backend(Unavailable::ConnectionError(error)) => Self::Connect(error.into()),
            error => Self::Connect(error.into()),
        }
    }
}
