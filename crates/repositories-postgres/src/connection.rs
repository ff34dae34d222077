//! One connection: where it leads to, and the deadlines that it is opened with. Without them a server that falls
//! silent would hold a connection, and whoever waits for it, for ever (invariant I5).

use std::error::Error;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::time::timeout;
use tokio_postgres::config::Config;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;
use crate::tls::Tls;

/// The server and the database that a URL names, and how long to wait for a connection to it.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
    patience: Duration,
    /// What each session is told before anything else.
    settings: String,
}

/// What drives the traffic of a connection.
type Driver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Target {
    /// Reads a URL. The parser's own message is dropped: it may quote what is really a piece of a password.
    pub(crate) fn parse(url: &str, patience: Duration) -> Result<Self, ConnectError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConnectError::Url);
        }
        let (tls, url) = Tls::take_from(url)?;
        let mut config: Config = url.parse().map_err(|_| ConnectError::Url)?;
        config.ssl_mode(tls.mode());
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConnectError::Url);
        }
        if config.get_application_name().is_none() {
            config.application_name("tessera");
        }
        // Each of several hosts, and each of their addresses, has a share of the time. A peer that vanished is noticed
        // also where nothing is being asked of it.
        config.connect_timeout(patience / 4).tcp_user_timeout(patience);
        config.keepalives(true).keepalives_idle(Duration::from_secs(8));
        config.keepalives_interval(Duration::from_secs(3)).keepalives_retries(4);
        Ok(Self { config, tls: tls.connector()?, patience, settings: String::new() })
    }

    /// For everyday work: the server gives up before the caller does, so that what nobody waits for any more does not
    /// go on there, or hold locks. Our guarded statements count on seeing the newest row after they waited for a lock,
    /// which a stricter default isolation would take from them.
    pub(crate) fn for_work(mut self) -> Self {
        self.limit("statement_timeout", self.patience * 3 / 4);
        self.limit("lock_timeout", self.patience / 2);
        self.limit("idle_in_transaction_session_timeout", self.patience);
        self.set("default_transaction_isolation", "'read committed'");
        self
    }

    /// For migrations, which take the time they need, and wait for those of another instance.
    pub(crate) fn for_migrations(mut self) -> Self {
        self.limit("statement_timeout", Duration::ZERO);
        self.limit("lock_timeout", Duration::ZERO);
        self.set("default_transaction_isolation", "'read committed'");
        self
    }

    fn limit(&mut self, setting: &str, limit: Duration) {
        self.set(setting, &limit.as_millis().to_string());
    }

    /// Not with the request for the connection, which poolers read themselves and refuse for what they do not know. Ours come
    /// later than those of the URL, and win.
    fn set(&mut self, setting: &str, value: &str) {
        self.settings = format!("{}SET {setting} = {value};", self.settings);
    }

    /// How long whoever wants a connection waits.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Opens a connection. Its traffic is driven by a task on the runtime of the caller, and ends with that runtime.
    pub(crate) async fn open(&self) -> ConnectionResult<AsyncPgConnection> {
        timeout(self.patience, async {
            let (client, driver) = self.connect().await?;
            let mut connection = AsyncPgConnection::try_from_client_and_connection(client, driver).await?;
            connection.batch_execute(&self.settings).await.map_err(|error| bad(&error))?;
            Ok(connection)
        })
        .await
        .unwrap_or_else(|_| Err(too_late()))
    }

    /// Opens a connection without any settings, to look at the server with. Its traffic is driven in the same way.
    pub(crate) async fn client(&self) -> ConnectionResult<Client> {
        let (client, driver) = self.connect().await?;
        tokio::spawn(driver);
        Ok(client)
    }

    async fn connect(&self) -> ConnectionResult<(Client, Driver)> {
        self.config.connect(self.tls.clone()).await.map_err(|error| bad(&error))
    }
}

/// A connection that cannot be used, for this reason.
pub(crate) fn bad(error: &dyn Error) -> ConnectionError {
    ConnectionError::BadConnection(reason(error))
}

/// A connection that nothing came over in time.
pub(crate) fn too_late() -> ConnectionError {
    ConnectionError::BadConnection("the server does not answer".to_owned())
}

/// An error and what led to it: why a certificate is refused is said further down.
fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(4);

    #[test]
    fn a_url_that_is_none_is_refused_without_quoting_it() {
        for url in
            ["", "postgres://", "mysql://u:hunter2@db/x", "host=db password=hunter2", "postgres://db/x?hunter2=y"]
        {
            let error = Target::parse(url, PATIENCE).err().expect("refused");
            assert!(matches!(error, ConnectError::Url), "{url}");
            assert!(!format!("{error:?} {error}").contains("hunter2"));
        }
    }

    #[test]
    fn our_settings_come_after_those_of_the_url() {
        let url = "postgres://db/x?options=-c%20search_path%3Dapp%20-c%20statement_timeout%3D0";
        let target = Target::parse(url, PATIENCE).expect("a URL").for_work();
        assert_eq!(target.config.get_options(), Some("-c search_path=app -c statement_timeout=0"));
        assert!(target.settings.starts_with("SET statement_timeout = 3000;"), "{}", target.settings);
    }
}
