//! A running server: started, and stopped in order.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::{HttpServer, dev};
use anyhow::{Context as _, anyhow};
use tessera_api::http::request_spans::RequestSpans;
use tessera_api::http::traffic::Traffic;
use tessera_api::{HttpSettings, Services};
use tessera_services::health::Departure;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::config::Config;
use crate::descriptors;
use crate::metrics::{Gauges, MetricsServer, Sampler, Samples};
use crate::spans::RequestsInTraces;
use crate::wiring::{self, Overrides, Storages, Wired};

/// How long requests that are under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// How long the first request of a connection may take to say what it wants, up to the end of its headers.
const REQUEST_DEADLINE: Duration = Duration::from_secs(5);
/// How much of its answers a connection may leave unread before no more are made for it, in bytes.
const UNREAD: usize = 32 * 1_024;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How many names of servers a worker can look up at once: one may hang.
const LOOKUPS: usize = 4;

/// A server that answers requests until it is stopped.
pub struct RunningServer {
    addr: SocketAddr,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
    metrics: Option<MetricsServer>,
    departure: Departure,
    stop_delay: Duration,
    background: JoinSet<()>,
    /// What requests have noted is written also when they have come to their end.
    activity: Ending,
    mails: Option<Ending>,
    storages: Storages,
}

/// A task in the background that is told when to come to its end, and then does.
struct Ending {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Resolves when the task is told.
type Told = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Ending {
    fn start<F: Future<Output = ()> + Send + 'static>(run: impl FnOnce(Told) -> F) -> Self {
        let (stop, stopped) = oneshot::channel();
        let told = Box::pin(async { stopped.await.unwrap_or_default() });
        Self { stop, task: tokio::spawn(run(told)) }
    }

    async fn finish(self) -> Result<(), JoinError> {
        drop(self.stop);
        self.task.await
    }
}

/// Opens the storages and puts everything together: a server that does not listen.
pub async fn assemble(config: &Config, overrides: &Overrides) -> anyhow::Result<(Storages, Wired)> {
    let storages = overrides.open(config).await?;
    let wired = wiring::wire(config, &storages, overrides).await?;
    Ok((storages, wired))
}

/// Starts a server. When this returns it answers.
pub async fn start(config: &Config, overrides: &Overrides) -> anyhow::Result<RunningServer> {
    let (storages, wired) = assemble(config, overrides).await?;
    let mut background = JoinSet::new();
    let (traffic, metrics) = match config.telemetry.metrics_addr {
        Some(addr) => {
            let traffic = Arc::new(Traffic::new(tessera_api::endpoints(&wired.services)));
            let metrics = measure(addr, &storages, &wired, Arc::clone(&traffic), &mut background)?;
            (Some(traffic), Some(metrics))
        }
        None => (None, None),
    };
    let Wired { services, departure, mirror, news, key_keeper, housekeeper, activity_writer, mail_sender, .. } = wired;
    let (server, addr) = listen(config, services, traffic, departure.clone())?;
    background.spawn(async move { mirror.run().await });
    if let Some(news) = news {
        background.spawn(async move { news.run().await });
    }
    if let Some(keeper) = key_keeper {
        background.spawn(async move { keeper.run().await });
    }
    background.spawn(async move { housekeeper.run().await });
    let activity = Ending::start(|told| activity_writer.run(told));
    let mails = mail_sender.map(|sender| Ending::start(|told| sender.run(told)));
    let handle = server.handle();
    let (serving, stop_delay) = (tokio::spawn(server), config.listen.stop_delay);
    Ok(RunningServer { addr, handle, serving, metrics, departure, stop_delay, background, activity, mails, storages })
}

/// Has the metrics be read at `addr`.
fn measure(
    addr: SocketAddr,
    storages: &Storages,
    wired: &Wired,
    traffic: Arc<Traffic>,
    background: &mut JoinSet<()>,
) -> anyhow::Result<MetricsServer> {
    let (samples, clock) = (Arc::new(Samples::default()), Arc::clone(&wired.gauges.clock));
    let gauges = Gauges {
        traffic,
        hashing: wired.gauges.hashing.clone(),
        storage: Arc::clone(&storages.gauge),
        mirror: Arc::clone(&wired.mirror),
        tally: Arc::clone(&wired.gauges.tally),
        fallback: storages.fallback.clone(),
        activity: wired.gauges.activity.clone(),
        samples: Arc::clone(&samples),
        started_at: clock.now(),
    };
    let asker = Sampler {
        samples,
        health: Arc::clone(&wired.services.health),
        outbox: Arc::clone(&storages.mail_outbox),
        keys: Arc::clone(&storages.signing_keys),
        storage: Arc::clone(&storages.gauge),
        clock,
    };
    background.spawn(async move { asker.run().await });
    MetricsServer::start(addr, gauges)
}

fn listen(
    config: &Config,
    services: Services,
    traffic: Option<Arc<Traffic>>,
    departure: Departure,
) -> anyhow::Result<(dev::Server, SocketAddr)> {
    let (listen, perimeter) = (&config.listen, config.access.perimeter.clone());
    let workers = listen.workers.get();
    let proxies = config.limits.proxies.clone();
    let spans = config.telemetry.collector.as_ref().map(|_| Arc::new(RequestsInTraces) as Arc<dyn RequestSpans>);
    let settings = HttpSettings { proxies, traffic, spans, departure, ..HttpSettings::default() };
    let server = HttpServer::new(move || tessera_api::app(&services, settings.clone(), &perimeter))
        .workers(workers)
        .worker_max_blocking_threads(LOOKUPS)
        .max_connections((descriptors::connections() / workers).max(1))
        .backlog(BACKLOG)
        .tcp_nodelay(true)
        .keep_alive(KeepAlive::Timeout(listen.keep_alive))
        .h1_write_buffer_size(UNREAD)
        .client_request_timeout(REQUEST_DEADLINE)
        .shutdown_timeout(DRAIN.as_secs())
        .disable_signals()
        .bind(listen.addr)
        .map_err(|error| explain(error, listen.addr))?;
    let addr = server.addrs().first().copied().context("the server listens nowhere")?;
    Ok((server.run(), addr))
}

/// What an operator can do about it.
fn explain(error: io::Error, addr: SocketAddr) -> anyhow::Error {
    match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{addr} is in use by another program: stop that one, or set LISTEN_ADDR to another address, such as {}",
            SocketAddr::new(addr.ip(), addr.port().checked_add(1).unwrap_or(8000)),
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("{addr} may not be listened on by this user: set LISTEN_ADDR to a port from 1024 on")
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!("{} is no address of this machine: set LISTEN_ADDR to one that is", addr.ip())
        }
        _ => anyhow::Error::new(error).context(format!("{addr} cannot be listened on (LISTEN_ADDR)")),
    }
}

impl RunningServer {
    /// Where it listens; with the port it was given, where it asked for a free one.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where its metrics are read, if they are.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(MetricsServer::addr)
    }

    /// Waits until it ends by itself, which it does not while everything is well.
    pub async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.serving).await {
            Ok(Err(error)) => anyhow::Error::new(error).context("the server failed"),
            Ok(Ok(())) => anyhow!("the server ended"),
            Err(error) => anyhow::Error::new(error).context("the server failed"),
        }
    }

    /// Says that it will stop, to whoever asks whether it is ready. It goes on answering, once more on each connection.
    pub fn announce_stop(&self) {
        self.departure.announce();
    }

    /// Stops in order: says so, and gives those who spread the requests time to notice; then accepts nothing more, lets requests
    /// and mails that are under way end, for ten seconds at the most, and then leaves everything that was written in order on
    /// the disk. A mail that was queued meanwhile waits.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.announce_stop();
        sleep(self.stop_delay).await;
        let mails = async {
            match self.mails {
                Some(mails) => mails.finish().await,
                None => Ok(()),
            }
        };
        let ((), sent) = tokio::join!(self.handle.stop(true), mails);
        let served = (&mut self.serving).await;
        if let Some(metrics) = self.metrics {
            metrics.stop().await;
        }
        self.background.shutdown().await;
        let written = self.activity.finish().await;
        self.storages.close().await?;
        written.context("the activity log was not written to its end")?;
        sent.context("the mails were not sent to the end")?;
        served?.context("the server failed")
    }
}
