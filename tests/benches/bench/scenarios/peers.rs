//! Peers: two small services on others' frameworks beside Tessera, which do the same job with the same load, on the same
//! core as their databases. `make bench-peers` installs what they need.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use tessera_test_servers::free_port;
use tessera_test_servers::postgres::Cluster;
use tessera_test_servers::redis::Process;

use crate::accounts::{self, Session, member};
use crate::cores::Place;
use crate::http::{Connection, request};
use crate::load::{Client, Load, Repeat};
use crate::outcome::Outcome;
use crate::report::{Report, Table};
use crate::server::Server;

use super::one_time::{Make, SPEND};
use super::{CHEAP, Stage, validation};

const CONNECTIONS: [u32; 2] = [16, 64];
const LOAD: Load = Load::closed(1_000, 3_000);
const MAKE: Load = Load::closed(500, 2_000);
const SECRET: &str = "the secret of a service that lives for a minute";
const PASSWORD: &str = "a long walk by the sea";

/// Measures each job on the peer that does it, and on Tessera.
pub async fn run(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut table = Table::new(
        "Tessera beside two peers, all processes of a server on one core",
        ["job", "times the peer", "requests/s", "peer's", "p99 ms", "peer's", "CPU µs", "peer's"],
    );
    report
        .fact("the servers and their databases share one core; requests of peers carry HS256 tokens, of Tessera ES256");
    django(stage, &mut table).await.context("Django")?;
    fastapi(stage, &mut table).await.context("FastAPI")?;
    report.table(table);
    Ok(())
}

async fn django(stage: &Stage, table: &mut Table) -> anyhow::Result<()> {
    let (theirs, ours) = (stage.postgres()?, stage.postgres()?);
    let peer = Django::prepare(&theirs)?.start(stage)?;
    let tessera = stage.tessera_with(&stage.new_folder()?, Place::ServerCore, &[("DATABASE_URL", ours.url())])?;
    let protected = stage.protected(&stage.new_folder()?, CHEAP, Place::ServerCore)?;
    let callers = accounts::sessions(&protected, 64).await?;
    for connections in CONNECTIONS {
        let sessions = django_sessions(&peer, connections).await?;
        let pings = sessions.iter().map(|session| {
            Repeat(request("GET /ping", &[("Authorization", &format!("Bearer {}", session.access))], ""))
        });
        let (slow, _) = LOAD.run(&peer, pings.collect()).await?;
        let calls = validation::calls(&callers).into_iter().take(connections as usize).collect();
        let (fast, _) = LOAD.run(&protected, calls).await?;
        row(table, &format!("Django: validation × {connections}"), &fast, &slow);
        let (slow, _) = LOAD.run(&peer, sessions.iter().map(RotateThere::new).collect()).await?;
        let sessions = accounts::sessions(&tessera, connections).await?;
        let (fast, _) = LOAD.run(&tessera, sessions.iter().map(accounts::Rotate::new).collect()).await?;
        row(table, &format!("Django: refresh × {connections}"), &fast, &slow);
    }
    Ok(())
}

async fn fastapi(stage: &Stage, table: &mut Table) -> anyhow::Result<()> {
    let redis = stage.redis(Place::ServerCore)?;
    let peer = start_fastapi(stage, &redis)?;
    let settings = [("REDIS_URL", redis.url()), ("ONETIME_TOKEN_EXPIRE_SECONDS", "3600")];
    let tessera = stage.tessera_with(&stage.new_folder()?, Place::ServerCore, &settings)?;
    let callers = accounts::sessions(&tessera, 64).await?;
    let mut connection = Connection::open(peer.addr()).await?;
    let answer = connection.exchange(&request("POST /login", &[], "")).await?;
    let access = member(answer.body, "access_token").context("the peer logs nobody in")?;
    for connections in CONNECTIONS {
        let makers = (0..connections).map(|_| Make::new(&access)).collect();
        let (slow, makers) = MAKE.run(&peer, makers).await?;
        let (slow_spent, _) = SPEND.run(&peer, makers.into_iter().map(Make::into_spender).collect()).await?;
        let makers = callers.iter().take(connections as usize).map(|session| Make::new(&session.access)).collect();
        let (fast, makers) = MAKE.run(&tessera, makers).await?;
        let (fast_spent, _) = SPEND.run(&tessera, makers.into_iter().map(Make::into_spender).collect()).await?;
        row(table, &format!("FastAPI: one-time create × {connections}"), &fast, &slow);
        row(table, &format!("FastAPI: one-time validate × {connections}"), &fast_spent, &slow_spent);
    }
    Ok(())
}

fn row(table: &mut Table, job: &str, ours: &Outcome, theirs: &Outcome) {
    let millis = |outcome: &Outcome| format!("{:.1}", 1e3 * outcome.latencies.percentile(99).as_secs_f64());
    let micros = |outcome: &Outcome| format!("{:.0}", 1e6 * outcome.cpu_per_answer().as_secs_f64());
    table.row([
        job.to_owned(),
        format!("{:.1}", ours.rate() / theirs.rate()),
        format!("{:.0}", ours.rate()),
        format!("{:.0}", theirs.rate()),
        millis(ours),
        millis(theirs),
        micros(ours),
        micros(theirs),
    ]);
}

/// Where `make bench-peers` has put what a peer needs.
fn program(peer: &str, name: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../peers").join(peer).join("bin").join(name);
    ensure!(path.exists(), "{name} is not installed: `make bench-peers` does so, and then runs this");
    Ok(path)
}

fn sources(peer: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(peer)
}

struct Django {
    environment: [(&'static str, String); 4],
}

impl Django {
    /// Makes its tables and its accounts.
    fn prepare(cluster: &Cluster) -> anyhow::Result<Self> {
        let environment = [
            ("SECRET_KEY", SECRET.to_owned()),
            ("DB_PORT", cluster.port().to_string()),
            ("BCRYPT_COST", CHEAP.to_string()),
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ];
        let mut command = Command::new(program("django", "python")?);
        command.args(["-c", "import service; service.prepare()"]).current_dir(sources("django"));
        let status = command.envs(environment.clone()).stdin(Stdio::null()).status()?;
        ensure!(status.success(), "its tables could not be made");
        Ok(Self { environment })
    }

    /// As many workers as gunicorn recommends for one core, with threads, so that connections are kept alive.
    fn start(self, stage: &Stage) -> anyhow::Result<Server> {
        let mut command = Command::new(program("django", "gunicorn")?);
        command.args(["--worker-class", "gthread", "--workers", "3", "--threads", "32", "--keep-alive", "30"]);
        command.args(["--bind", &format!("127.0.0.1:{}", free_port()), "service:application"]);
        command.envs(self.environment).current_dir(sources("django"));
        Server::start(&mut command, &stage.cores, Place::ServerCore)
    }
}

fn start_fastapi(stage: &Stage, redis: &Process) -> anyhow::Result<Server> {
    let mut command = Command::new(program("fastapi", "uvicorn")?);
    command.args(["--workers", "2", "--no-access-log", "--port", &free_port().to_string(), "service:app"]);
    command.envs([("SECRET_KEY", SECRET), ("REDIS_URL", redis.url()), ("ONETIME_TOKEN_EXPIRE_SECONDS", "3600")]);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(sources("fastapi"));
    Server::start(&mut command, &stage.cores, Place::ServerCore)
}

async fn django_sessions(peer: &Server, count: u32) -> anyhow::Result<Vec<Session>> {
    let mut sessions = Vec::new();
    let mut connection = Connection::open(peer.addr()).await?;
    for number in 0..count {
        let body = format!(r#"{{"username":"bench{number}","password":"{PASSWORD}"}}"#);
        let answer = connection.exchange(&request("POST /login", &[], &body)).await?;
        let tokens = member(answer.body, "access").zip(member(answer.body, "refresh"));
        let (access, refresh) = tokens.context("the peer logs nobody in")?;
        sessions.push(Session { access, refresh });
    }
    Ok(sessions)
}

/// Rotates one session of Django's for ever.
struct RotateThere {
    next: Vec<u8>,
}

impl RotateThere {
    fn new(session: &Session) -> Self {
        Self { next: Self::spend(&session.refresh) }
    }

    fn spend(token: &str) -> Vec<u8> {
        request("POST /refresh", &[], &format!(r#"{{"refresh":"{token}"}}"#))
    }
}

impl Client for RotateThere {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.next)
    }

    fn answered(&mut self, body: &[u8]) {
        if let Some(token) = member(body, "refresh") {
            self.next = Self::spend(&token);
        }
    }
}
