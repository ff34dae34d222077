//! A connection that many share, and the task that keeps it.
//!
//! Commands of all callers travel on it together, which is several times faster than taking turns on a pool. When it
//! breaks, or leads to a server that has become a replica, the keeper opens another; meanwhile questions fail at once,
//! and none is ever asked a second time by itself, since it may have been heard.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{PushInfo, PushKind, Value};
use tessera_repositories::Condition;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;

use crate::error::Failure;
use crate::target::Target;

/// A share of the connection.
#[derive(Clone)]
pub(crate) struct Link {
    line: watch::Receiver<Line>,
    doubt: Arc<Notify>,
}

/// What is known of the connection.
#[derive(Clone)]
enum Line {
    /// Nothing yet.
    Unknown,
    /// It is there.
    Up(MultiplexedConnection),
    /// It is not, for this reason.
    Away(Arc<Failure>),
}

impl Link {
    /// The connection, if there is one now.
    pub fn connection(&self) -> Result<MultiplexedConnection, Failure> {
        match &*self.line.borrow() {
            Line::Up(connection) => Ok(connection.clone()),
            Line::Away(failure) => Err(Failure::Away(Arc::clone(failure))),
            Line::Unknown => Err(Failure::NotYet),
        }
    }

    /// Whether there is one now, and somebody keeps it: the keeper is gone with the runtime that it was started on.
    pub fn is_up(&self) -> bool {
        self.is_kept() && matches!(&*self.line.borrow(), Line::Up(_))
    }

    /// Whether there is one now, or will be.
    pub fn is_kept(&self) -> bool {
        self.line.has_changed().is_ok()
    }

    /// Has the keeper look whether the connection is still good.
    pub fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Waits until the first attempt to connect has come to something, and says to what.
    pub async fn attempted(&self) -> Result<(), Failure> {
        let mut line = self.line.clone();
        let known = line.wait_for(|line| !matches!(line, Line::Unknown)).await;
        match known.as_deref() {
            Ok(Line::Up(_)) => Ok(()),
            Ok(Line::Away(failure)) => Err(Failure::clone(failure)),
            Ok(Line::Unknown) | Err(_) => Err(Failure::NotYet),
        }
    }
}

/// Opens the connection, and another whenever one is needed.
pub(crate) struct Keeper {
    pub target: Target,
    /// What the server sends unasked.
    pub pushed: mpsc::UnboundedReceiver<PushInfo>,
    /// The channel whose messages are asked for, and where they go. Those that find no room are dropped. The one connection
    /// of a store that asks for messages is also the one that the log tells of.
    pub messages: Option<(String, mpsc::Sender<Vec<u8>>)>,
}

impl Keeper {
    /// Starts to keep a connection, on the runtime of the caller, for as long as that lives and the connection is wanted.
    pub fn start(self) -> Link {
        let Self { target, pushed, messages } = self;
        let (say, line) = watch::channel(Line::Unknown);
        let doubt = Arc::new(Notify::new());
        let (channel, messages) = messages.unzip();
        tokio::spawn(sort(pushed, messages, Arc::clone(&doubt)));
        let doubted = Arc::clone(&doubt);
        tokio::spawn(async move {
            tokio::select! {
                () = say.closed() => {}
                () = keep(&target, channel.as_deref(), &say, &doubted) => {}
            }
        });
        Link { line, doubt }
    }
}

async fn keep(target: &Target, channel: Option<&str>, say: &watch::Sender<Line>, doubt: &Notify) {
    let is_told_of = channel.is_some();
    let mut pauses = Pauses::default();
    loop {
        let failure = match target.open(channel).await {
            Ok(mut connection) => {
                let before = say.send_replace(Line::Up(connection.clone()));
                if is_told_of && matches!(before, Line::Away(_)) {
                    tracing::info!("Redis can be reached again");
                }
                if is_told_of && let Ok(Condition::Questionable(concern)) = target.condition(&mut connection).await {
                    tracing::warn!("Redis {concern}");
                }
                pauses = Pauses::default();
                loop {
                    doubt.notified().await;
                    if let Err(failure) = target.probe(&mut connection).await {
                        break failure;
                    }
                }
            }
            Err(failure) => failure,
        };
        if is_told_of && !matches!(&*say.borrow(), Line::Away(_)) {
            tracing::warn!(error = %failure, "Redis cannot be reached");
        }
        say.send_replace(Line::Away(Arc::new(failure)));
        sleep(pauses.next()).await;
    }
}

/// How long to wait between attempts: a little longer each time, and never so long that a server which is back has to
/// wait for us (invariant I5).
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(Duration::from_millis(20))
    }
}

impl Pauses {
    fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Duration::from_secs(1));
        pause
    }
}

/// Passes on what the server sends unasked.
async fn sort(
    mut pushed: mpsc::UnboundedReceiver<PushInfo>,
    messages: Option<mpsc::Sender<Vec<u8>>>,
    doubt: Arc<Notify>,
) {
    while let Some(push) = pushed.recv().await {
        match (push.kind, push.data.last(), &messages) {
            (PushKind::Disconnection, _, _) => doubt.notify_one(),
            (PushKind::Message, Some(Value::BulkString(message)), Some(messages)) => {
                let _is_dropped = messages.try_send(message.clone());
            }
            _ => {}
        }
    }
}
