//! The load: a fixed number of connections, each of which sends its next request when it has the answer to its last one.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::histogram::Histogram;
use crate::http::{Answer, Connection};
use crate::outcome::Outcome;
use crate::server::Server;

/// How long an answer may take that was asked for at the very end. No server of ours takes longer than five seconds.
const GRACE: Duration = Duration::from_secs(10);

/// What one connection asks for.
pub trait Client: Send + 'static {
    /// The next request; nothing when there is no more to ask.
    fn request(&mut self) -> Option<&[u8]>;

    /// Is shown the body of each answer that was a success.
    fn answered(&mut self, _body: &[u8]) {}
}

/// Asks the same again and again.
#[derive(Clone)]
pub struct Repeat(pub Vec<u8>);

impl Client for Repeat {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.0)
    }
}

/// How long to ask, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Asked before, and not counted.
    pub warm_up: Duration,
    pub measured: Duration,
    /// The pause between two requests of one connection; none is as fast as answers come.
    pub pace: Option<Duration>,
}

impl Load {
    /// As fast as answers come.
    pub const fn closed(warm_up_millis: u64, measured_millis: u64) -> Self {
        let (warm_up, measured) = (Duration::from_millis(warm_up_millis), Duration::from_millis(measured_millis));
        Self { warm_up, measured, pace: None }
    }

    /// Puts this load on a server, one connection a client, and gives the clients back. Every answer has to be a success:
    /// what fails fast is not fast.
    pub async fn run<C: Client>(self, server: &Server, clients: Vec<C>) -> anyhow::Result<(Outcome, Vec<C>)> {
        let mut connections = Vec::with_capacity(clients.len());
        for client in clients {
            connections.push((Connection::open(server.addr()).await?, client));
        }
        let from = Instant::now() + self.warm_up;
        let until = from + self.measured;
        let mut tasks = JoinSet::new();
        for (connection, client) in connections {
            tasks.spawn(drive(connection, client, Window { from, until, pace: self.pace }));
        }
        sleep_until(from).await;
        let cpu_before = server.cpu()?;
        let joined = tasks.join_all();
        tokio::pin!(joined);
        let early = timeout_at(until, &mut joined).await.ok();
        let (cpu_after, ended) = (server.cpu()?, Instant::now());
        let driven = match early {
            Some(driven) => driven,
            None => timeout_at(until + GRACE, joined).await.context("an answer never came")?,
        };
        let cpu = cpu_after.saturating_sub(cpu_before);
        let mut outcome = Outcome { latencies: Histogram::default(), elapsed: ended.min(until) - from, cpu };
        let mut clients = Vec::with_capacity(driven.len());
        for result in driven {
            let (latencies, client) = result?;
            outcome.latencies.merge(&latencies);
            clients.push(client);
        }
        ensure!(outcome.latencies.total() > 0, "the server answered nothing");
        Ok((outcome, clients))
    }
}

/// The time in which a connection asks, and the part of it that counts.
#[derive(Clone, Copy)]
struct Window {
    from: Instant,
    until: Instant,
    pace: Option<Duration>,
}

async fn drive<C: Client>(mut connection: Connection, mut client: C, window: Window) -> anyhow::Result<(Histogram, C)> {
    let mut latencies = Histogram::default();
    let mut begun = Instant::now();
    while begun < window.until {
        let Some(request) = client.request() else { break };
        let answer = connection.exchange(request).await?;
        check(answer)?;
        client.answered(answer.body);
        let answered = Instant::now();
        // By the end alone: what was under way at `from` makes up for what is under way at `until`.
        if answered > window.from && answered <= window.until {
            latencies.record(answered - begun);
        }
        begun = match window.pace {
            Some(pace) => wait_for(begun + pace, answered).await,
            None => answered,
        };
    }
    Ok((latencies, client))
}

/// Who is on time begins when the timer woke it. Who is late, because the last answer was, began when it should have: so
/// one slow answer counts for all the requests that it held up.
async fn wait_for(due: Instant, now: Instant) -> Instant {
    if now < due {
        sleep_until(due).await;
        return Instant::now();
    }
    due
}

fn check(answer: Answer<'_>) -> anyhow::Result<()> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    bail!("the server answered {} under load: {}", answer.status, String::from_utf8_lossy(answer.body))
}
