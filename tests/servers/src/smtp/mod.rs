//! A mail server to test against: it delivers nothing, keeps what it was given, and misbehaves as it is told to.

mod received;
mod session;
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

pub use received::Received;
pub use tls::Certificate;

/// By when a test fails that waits for what does not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the server behaves from the next connection on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It takes every mail.
    Accepting,
    /// It knows no recipient, for good: 550.
    UnknownRecipient,
    /// It takes no mail at the moment: 451.
    Busy,
    /// It refuses what is in the mail, quotes all of it, and means that for good: 554.
    ContentRefused,
    /// It refuses every login, and quotes it: 535.
    LoginRefused,
    /// It accepts the connection, and says nothing.
    Silent,
    /// It hangs up as soon as the text of the mail should follow.
    HangingUp,
    /// It takes the mail, and hangs up before it says so.
    HangingUpAfterwards,
    /// It, or somebody in between, sends answers along with its consent to encryption.
    Injecting,
}

/// How the server encrypts.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// Not at all.
    None,
    /// When the client asks for it (RFC 3207).
    StartTls(Certificate),
    /// From the start (RFC 8314, section 3.3).
    Implicit(Certificate),
}

/// A running server. It ends when it is dropped.
pub struct SmtpServer {
    addr: SocketAddr,
    shared: Arc<Shared>,
    received: AsyncMutex<mpsc::UnboundedReceiver<Received>>,
    accepting: JoinHandle<()>,
}

/// What all sessions share.
struct Shared {
    encryption: Encryption,
    manner: Mutex<Manner>,
    connections: watch::Sender<usize>,
    kept: mpsc::UnboundedSender<Received>,
}

impl SmtpServer {
    /// One that takes every mail, without encryption.
    pub async fn start() -> Self {
        Self::start_with(Manner::Accepting, Encryption::None).await
    }

    /// One that behaves like this, on a free port.
    pub async fn start_with(manner: Manner, encryption: Encryption) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), manner, encryption).await
    }

    /// One at the address of one that is gone.
    pub async fn start_at(addr: SocketAddr, manner: Manner, encryption: Encryption) -> Self {
        let listener = TcpListener::bind(addr).await.expect("the address is free");
        let addr = listener.local_addr().expect("bound");
        let (kept, received) = mpsc::unbounded_channel();
        let (manner, connections) = (Mutex::new(manner), watch::Sender::new(0));
        let shared = Arc::new(Shared { encryption, manner, connections, kept });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { addr, shared, received: AsyncMutex::new(received), accepting }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Behaves like this from the next connection on.
    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Waits until somebody has connected this often.
    pub async fn connected(&self, times: usize) {
        let mut connections = self.shared.connections.subscribe();
        let connected = connections.wait_for(|connections| *connections >= times);
        timeout(PATIENCE, connected).await.expect("somebody connects").expect("it runs");
    }

    /// The next mail that it was given; it waits for one.
    pub async fn next(&self) -> Received {
        let mut received = self.received.lock().await;
        timeout(PATIENCE, received.recv()).await.expect("there is a mail").expect("it runs")
    }

    /// The next mail, if there is one already.
    pub async fn received(&self) -> Option<Received> {
        self.received.lock().await.try_recv().ok()
    }
}

impl Shared {
    fn manner(&self) -> Manner {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Its sessions end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (manner, shared) = (shared.manner(), Arc::clone(&shared));
        // Counted when its manner is settled: whoever waited for it may choose another one for the next.
        shared.connections.send_modify(|connections| *connections += 1);
        sessions.spawn(async move {
            // The client may hang up whenever it likes.
            let _ended = session::serve(stream, manner, &shared).await;
        });
    }
}
