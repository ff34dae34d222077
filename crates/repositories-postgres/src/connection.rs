//! One connection: where it leads to, and the deadlines that it is opened with. Without them a server that falls
//! silent would hold a connection, and whoever waits for it, for ever (invariant I5).

use std::error::Error;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio::time::timeout;
use tokio_postgres::config::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;
use crate::tls::Tls;

/// The server and the database that a URL names, and how long to wait for a connection to it.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
    patience: Duration,
}

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
        Ok(Self { config, tls: tls.connector()?, patience })
    }

    /// For everyday work: the server gives up before the caller does, so that what nobody waits for any more does not
    /// go on there, or hold locks. Our guarded statements count on seeing the newest row after they waited for a lock,
    /// which a stricter default isolation would take from them.
    pub(crate) fn for_work(mut self) -> Self {
        self.limit("statement_timeout", self.patience * 3 / 4);
        self.limit("lock_timeout", self.patience / 2);
        self.limit("idle_in_transaction_session_timeout", self.patience);
        self.set("default_transaction_isolation", r"read\ committed");
        self
    }

    /// For migrations, which take the time they need, and wait for those of another instance.
    pub(crate) fn for_migrations(mut self) -> Self {
        self.limit("statement_timeout", Duration::ZERO);
        self.limit("lock_timeout", Duration::ZERO);
        self.set("default_transaction_isolation", r"read\ committed");
        self
    }

    fn limit(&mut self, setting: &str, limit: Duration) {
        self.set(setting, &limit.as_millis().to_string());
    }

    /// Settings travel with the request for the connection and cost no statement. Of two values the last one counts,
    /// so that ours win over those of the URL.
    fn set(&mut self, setting: &str, value: &str) {
        let before = self.config.get_options().unwrap_or_default();
        let options = format!("{before} -c {setting}={value}");
        self.config.options(options.trim_start());
    }

    /// Opens a connection. Its traffic is driven by a task on the runtime of the caller, and ends with that runtime.
    pub(crate) async fn open(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |reason: String| ConnectionError::BadConnection(reason);
        timeout(self.patience, async {
            let connected = self.config.connect(self.tls.clone()).await;
            let (client, connection) = connected.map_err(|error| bad(reason(&error)))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        })
        .await
        .unwrap_or_else(|_| Err(bad("the server does not answer".to_owned())))
    }
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
        let options = target.config.get_options().expect("there are some");
        assert!(
            options.starts_with("-c search_path=app -c statement_timeout=0 -c statement_timeout=3000 "),
            "{options}"
        );
    }
}
