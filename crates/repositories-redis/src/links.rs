//! Which connection a question travels on.
//!
//! There is one that everybody shares, on a runtime of its own. A worker of the web server is a thread with a runtime to
//! itself: to ask there is to wake another thread, and to be woken by it, which takes longer than what is asked for. So each
//! of them has a connection beside that one, opened when it first asks. While that is not there, the shared one is.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;

use crate::ConnectError;
use crate::link::{Keeper, Link};
use crate::target::Target;

/// Where connections lead to.
pub(crate) struct Destination {
    pub url: SecretString,
    pub password: Option<SecretString>,
    pub patience: Duration,
}

impl Destination {
    /// What keeps a connection to it, and passes on the messages of a channel, if there is one.
    pub fn keeper(&self, messages: Option<(String, mpsc::Sender<Vec<u8>>)>) -> Result<Keeper, ConnectError> {
        let (push, pushed) = mpsc::unbounded_channel();
        let target = Target::parse(self.url.expose_secret(), self.password.as_ref(), self.patience, &push)?;
        Ok(Keeper { target, pushed, messages })
    }
}

/// The connections of a store. They are closed with it.
pub(crate) struct Links {
    destination: Destination,
    shared: Link,
    near: RwLock<HashMap<ThreadId, Link>>,
}

impl Links {
    /// Those of a store that everybody can reach over `shared`.
    pub fn new(destination: Destination, shared: Link) -> Self {
        Self { destination, shared, near: RwLock::default() }
    }

    /// The one that the caller should ask on.
    pub fn best(&self) -> Link {
        let has_a_runtime_to_itself =
            Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread);
        if !has_a_runtime_to_itself {
            return self.shared.clone();
        }
        let here = thread::current().id();
        let near = self.near.read().unwrap_or_else(PoisonError::into_inner).get(&here).cloned();
        match near {
            Some(near) if near.is_up() => near,
            Some(near) if near.is_kept() => self.shared.clone(),
            _ => {
                self.open_near(here);
                self.shared.clone()
            }
        }
    }

    /// Those whose runtime ended are forgotten on the occasion.
    fn open_near(&self, here: ThreadId) {
        // It was understood when the shared one was opened.
        let Ok(keeper) = self.destination.keeper(None) else { return };
        let mut near = self.near.write().unwrap_or_else(PoisonError::into_inner);
        near.retain(|_, link| link.is_kept());
        near.insert(here, keeper.start());
    }
}
