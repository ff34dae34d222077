//! Where a URL leads to, and how a connection to it is opened (invariant I5: everything has a deadline).

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::io::tcp::socket2::TcpKeepalive;
use deadpool_redis::redis::{
    AsyncConnectionConfig, ConnectionInfo, InfoDict, IntoConnectionInfo as _, ProtocolVersion, PushInfo, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_repositories::Condition;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::Failure;
use crate::{ConnectError, health};

/// The schemes of the URLs; those with an `s` at the end are encrypted.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "valkey://", "valkeys://"];

/// A server, and how to reach it. It opens one connection at a time.
pub(crate) struct Target {
    /// As the URL says; and with the password, for a server that asks for one.
    ways: Vec<Pool>,
    patience: Duration,
}

impl Target {
    /// Reads a URL. The parser's own message is dropped: it may quote what is really a piece of a password.
    ///
    /// Whatever the server sends unasked goes to `pushed`: messages, and the end of a connection.
    pub fn parse(
        url: &str,
        password: Option<&SecretString>,
        patience: Duration,
        pushed: &mpsc::UnboundedSender<PushInfo>,
    ) -> Result<Self, ConnectError> {
        if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConnectError::Url);
        }
        let info = url.into_connection_info().map_err(|_| ConnectError::Url)?;
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let mut settings = vec![redis.clone()];
        if let Some(password) = password.filter(|_| redis.password().is_none()) {
            settings.push(redis.set_password(password.expose_secret()));
        }
        let way = |settings| {
            let info = info.clone().set_redis_settings(settings).set_tcp_settings(tcp_settings(patience));
            pool(info, patience, pushed.clone())
        };
        Ok(Self { ways: settings.into_iter().map(way).collect::<Result<_, _>>()?, patience })
    }

    /// Opens a connection, looks whether it leads to a server that can be used, and has that send the messages of
    /// `channel`, if there is one. The traffic is driven by a task on the runtime of the caller, and ends with that runtime.
    pub async fn open(&self, channel: Option<&str>) -> Result<MultiplexedConnection, Failure> {
        let mut outcome = Err(Failure::NotYet);
        for way in &self.ways {
            outcome = self.open_by(way, channel).await;
            match &outcome {
                Err(failure) if failure.asks_for_a_password() => {}
                _ => break,
            }
        }
        outcome
    }

    async fn open_by(&self, way: &Pool, channel: Option<&str>) -> Result<MultiplexedConnection, Failure> {
        let object = timeout(self.patience, way.get()).await.map_err(|_| Failure::Late)??;
        let mut connection = Connection::take(object);
        self.probe(&mut connection).await?;
        if let Some(channel) = channel {
            timeout(self.patience, connection.subscribe(channel)).await.map_err(|_| Failure::Late)??;
        }
        Ok(connection)
    }

    /// Whether the server at the other end answers and takes writes.
    pub async fn probe(&self, connection: &mut MultiplexedConnection) -> Result<(), Failure> {
        let replication = self.info(connection, "replication").await?;
        if replication.get::<String>("role").as_deref() != Some("master") {
            return Err(Failure::Replica);
        }
        replication.get::<String>("master_replid").map(drop).ok_or(Failure::NoHistory)
    }

    /// How the server at the other end is set up.
    pub async fn condition(&self, connection: &mut MultiplexedConnection) -> Result<Condition, Failure> {
        Ok(health::condition(&self.info(connection, "memory").await?))
    }

    async fn info(&self, connection: &mut MultiplexedConnection, section: &str) -> Result<InfoDict, Failure> {
        let mut ask = cmd("INFO");
        ask.arg(section);
        Ok(timeout(self.patience, ask.query_async(connection)).await.map_err(|_| Failure::Late)??)
    }
}

/// A pool of one, which is taken out of it and shared: the way in which this library opens connections. Taking turns on
/// pooled connections would cost each command another round trip.
fn pool(
    info: ConnectionInfo,
    patience: Duration,
    pushed: mpsc::UnboundedSender<PushInfo>,
) -> Result<Pool, ConnectError> {
    // Each command has its deadline where it is given; see `store`.
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(Some(patience))
        .set_push_sender(pushed);
    let manager = Manager::new_with_config(info, config).map_err(|_| ConnectError::Url)?;
    let pool = Pool::builder(manager).max_size(1).runtime(Runtime::Tokio1).create_timeout(Some(patience)).build();
    pool.map_err(|error| ConnectError::Start(error.into()))
}

/// Small packets go out at once, and a peer that vanished is noticed also where nothing is being asked of it.
fn tcp_settings(patience: Duration) -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(8)).with_interval(Duration::from_secs(3));
    TcpSettings::default().set_nodelay(true).set_keepalive(keepalive.with_retries(4)).set_user_timeout(patience)
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Server(error),
            PoolError::Timeout(_) => Self::Late,
            error => Self::Connect(error.to_string()),
        }
    }
}
