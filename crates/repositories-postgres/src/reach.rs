//! Which connections serve a caller.
//!
//! A worker of the web server is a thread with a runtime to itself. With a connection that lives elsewhere each question and
//! each answer wakes a thread, about a seventh of the processor time of a refresh. So each worker has a share of the
//! connections on its own runtime. The others are on the runtime of the store, for everybody: for work in the background,
//! and for workers whose own are all busy.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use deadpool::managed::BuildError;
use futures_util::future::select_ok;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::connection::Target;
use crate::error::Failure;
use crate::pool::{Connections, Lent};

thread_local! {
    /// Is there for as long as its thread.
    static THREAD: Arc<()> = Arc::default();
}

/// All connections of a store.
pub(crate) struct Reach {
    target: Target,
    common: Connections,
    /// How many connections a worker has.
    share: usize,
    /// How many workers there may be.
    workers: usize,
    near: RwLock<Vec<(Weak<()>, Connections)>>,
}

/// Where a job of a caller is done, and with which connections.
pub(crate) struct Reached {
    pub runtime: Handle,
    near: Option<Connections>,
    common: Connections,
}

impl Reach {
    /// At most `size` connections. A quarter of them, or more, live on `runtime`; each of `workers` threads has an equal
    /// share of the others.
    pub(crate) fn new(target: Target, size: usize, workers: usize, runtime: &Handle) -> Result<Self, BuildError> {
        let share = (size * 3 / 4).checked_div(workers).unwrap_or(0);
        let common = Connections::new(target.clone(), size - share * workers, Some(runtime.clone()))?;
        Ok(Self { target, common, share, workers, near: RwLock::default() })
    }

    /// What the caller reaches best: a worker its own runtime and what lives there, anybody else `runtime`.
    pub(crate) fn within_reach(&self, runtime: &Handle) -> Reached {
        let own = Handle::try_current().ok().filter(|own| own.runtime_flavor() == RuntimeFlavor::CurrentThread);
        let (runtime, near) = match own.and_then(|own| Some((own, self.near()?))) {
            Some((own, near)) => (own, Some(near)),
            None => (runtime.clone(), None),
        };
        Reached { runtime, near, common: self.common.clone() }
    }

    /// How many connections are at work.
    pub(crate) fn busy(&self) -> usize {
        let near = self.near.read().unwrap_or_else(PoisonError::into_inner);
        self.common.busy() + near.iter().map(|(_, connections)| connections.busy()).sum::<usize>()
    }

    /// Closes the connections that are at rest, and lends no more.
    pub(crate) fn close(&self) {
        self.common.close();
        for (_, connections) in self.near.read().unwrap_or_else(PoisonError::into_inner).iter() {
            connections.close();
        }
    }

    /// The share of this thread.
    fn near(&self) -> Option<Connections> {
        if self.share == 0 {
            return None;
        }
        let thread = THREAD.with(Arc::downgrade);
        let near = self.near.read().unwrap_or_else(PoisonError::into_inner);
        let known = near.iter().find(|(owner, _)| owner.ptr_eq(&thread)).map(|(_, connections)| connections.clone());
        drop(near);
        known.or_else(|| self.settle(thread))
    }

    /// Gives the thread its share, if one is left: those of threads that ended are.
    fn settle(&self, thread: Weak<()>) -> Option<Connections> {
        let mut near = self.near.write().unwrap_or_else(PoisonError::into_inner);
        near.retain(|(owner, _)| owner.strong_count() > 0);
        if near.len() >= self.workers {
            return None;
        }
        let connections = Connections::new(self.target.clone(), self.share, None).ok()?;
        near.push((thread, connections.clone()));
        Some(connections)
    }
}

impl Reached {
    /// A connection of the caller's own, or if none is to be had a common one, or the first that is free of either.
    pub(crate) async fn connection(&self) -> Result<Lent, Failure> {
        let Some(near) = &self.near else { return self.common.take().await };
        match near.take_free().await {
            Ok(Some(free)) => return Ok(free),
            Ok(None) => {}
            // The server takes no more, or is away.
            Err(_) => return self.common.take().await,
        }
        if let Ok(Some(free)) = self.common.take_free().await {
            return Ok(free);
        }
        let (taken, _) = select_ok([near, &self.common].map(|all| Box::pin(all.take()))).await?;
        Ok(taken)
    }
}
