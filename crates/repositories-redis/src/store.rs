//! A server with the runtime that the connection to it lives on, and how callers reach it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{FromRedisValue, Pipeline, RedisResult, ScriptInvocation};
use secrecy::SecretString;
use tessera_repositories::Result as RepositoryResult;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use crate::error::Failure;
use crate::keys::Keys;
use crate::link::Link;
use crate::links::{Destination, Links};

/// How many messages may wait to be read. Those that find no room are dropped: they are news of what can be read
/// elsewhere.
const MESSAGES: usize = 1_024;

/// Where a server is, and how a store works on it.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Its URL, which may hold a password.
    pub url: SecretString,
    /// A password for a server that asks for one, where the URL has none.
    pub password: Option<SecretString>,
    /// What the name of every key begins with.
    pub key_prefix: String,
    /// How long a caller waits for what it cannot do without.
    pub patience: Duration,
    /// How long a caller waits for what it can do without.
    pub glance: Duration,
}

impl StoreOptions {
    /// The server at `url`, with the deadlines of the service: a request must end within 5 s, whatever the server does.
    pub fn new(url: impl Into<SecretString>, key_prefix: &str) -> Self {
        Self {
            url: url.into(),
            password: None,
            key_prefix: key_prefix.to_owned(),
            patience: Duration::from_millis(1_500),
            glance: Duration::from_millis(250),
        }
    }
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not one of a Redis server, or has a part that is not understood. It is not repeated here, since it may
    /// hold a password.
    #[error("the URL is not understood (redis://user:password@host:port/number, or rediss:// for TLS)")]
    Url,
    /// The runtime or the connection cannot be made.
    #[error("the threads that talk to the server cannot be started")]
    Start(#[source] Box<dyn Error + Send + Sync>),
    /// The server is there, and does not let us in or cannot be used.
    #[error(transparent)]
    Refused(Box<dyn Error + Send + Sync>),
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Start(error.into())
    }
}

/// A Redis server. Clones share their connections; they are closed with the last one.
#[derive(Clone)]
pub struct RedisStore(Arc<Shared>);

struct Shared {
    links: Links,
    keys: Keys,
    messages: Mutex<mpsc::Receiver<Vec<u8>>>,
    patience: Duration,
    glance: Duration,
    _runtime: OwnRuntime,
}

impl RedisStore {
    /// A store on a server, after one attempt to connect to it.
    ///
    /// A server that is away is no error: whoever needs it is told so when asking, and it is connected to when it comes.
    /// A server that answers and does not let us in is one, since that is a mistake in the configuration.
    pub async fn connect(options: &StoreOptions) -> Result<Self, ConnectError> {
        let keys = Keys::new(&options.key_prefix);
        let (pass_on, messages) = mpsc::channel(MESSAGES);
        let destination =
            Destination { url: options.url.clone(), password: options.password.clone(), patience: options.patience };
        let keeper = destination.keeper(Some((keys.revocation_notices(), pass_on)))?;
        let runtime = OwnRuntime::start()?;
        let link = {
            let _entered = runtime.handle.enter();
            keeper.start()
        };
        match link.attempted().await {
            Err(failure) if failure.is_refusal() => return Err(ConnectError::Refused(failure.into())),
            _ => {}
        }
        let (patience, glance, messages) = (options.patience, options.glance, Mutex::new(messages));
        let links = Links::new(destination, link);
        Ok(Self(Arc::new(Shared { links, keys, messages, patience, glance, _runtime: runtime })))
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// How long to wait for what the caller cannot do without.
    pub(crate) fn patience(&self) -> Duration {
        self.0.patience
    }

    /// How long to wait for what the caller can do without.
    pub(crate) fn glance(&self) -> Duration {
        self.0.glance
    }

    /// Has a script run, and waits for its answer until `limit` is over. One that came too late may have run.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        context: &'static str,
        limit: Duration,
        script: &ScriptInvocation<'_>,
    ) -> RepositoryResult<T> {
        told(context, self.invoke(limit, script)).await
    }

    /// The same within something that is [told](told) as a whole.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        limit: Duration,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        let link = self.0.links.best();
        let mut connection = link.connection()?;
        within(&link, limit, script.invoke_async(&mut connection)).await
    }

    /// Sends several commands at once, and waits for their answers until `limit` is over.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        context: &'static str,
        limit: Duration,
        commands: &Pipeline,
    ) -> RepositoryResult<T> {
        let asking = async {
            let link = self.0.links.best();
            let mut connection = link.connection()?;
            within(&link, limit, commands.query_async(&mut connection)).await
        };
        told(context, asking).await
    }

    /// The next message of the channel of this installation.
    pub(crate) async fn next_message(&self) -> Option<Vec<u8>> {
        self.0.messages.lock().await.recv().await
    }
}

/// Waits for an answer, and tells of it as the ports do.
pub(crate) async fn told<T>(
    context: &'static str,
    asking: impl Future<Output = Result<T, Failure>>,
) -> RepositoryResult<T> {
    let answer = asking.instrument(debug_span!("redis", operation = context)).await;
    answer.map_err(|failure| failure.into_repository_error(context))
}

/// Waits for an answer, and doubts the connection if there is none for a reason that lies with it.
async fn within<T>(link: &Link, limit: Duration, asking: impl Future<Output = RedisResult<T>>) -> Result<T, Failure> {
    let answer = timeout(limit, asking).await.map_err(|_| Failure::Late).and_then(|answer| Ok(answer?));
    if answer.as_ref().is_err_and(Failure::is_about_the_connection) {
        link.doubt();
    }
    answer
}

/// A runtime of our own. A connection dies with the runtime it was opened on, and the one that everybody shares belongs to
/// nobody else's.
struct OwnRuntime {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl OwnRuntime {
    /// One thread keeps up with everybody: it only passes bytes on, many answers at a time.
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("redis").enable_all().build()?;
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
