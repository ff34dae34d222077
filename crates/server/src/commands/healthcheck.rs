//! `tessera healthcheck`: whether the server with these settings answers. A container has no other program that could ask.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::config::Config;
use crate::output;

/// How long each step may take: to connect, to ask, to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked.
#[derive(clap::Args)]
pub struct HealthCheck {
    /// Whether requests should be sent here (`/readyz`), and not only whether the process answers (`/livez`)
    #[arg(long)]
    ready: bool,
}

/// Asks, and succeeds if the answer is 200.
pub fn check_health(config: &Config, what: &HealthCheck) -> anyhow::Result<()> {
    let path = if what.ready { "/readyz" } else { "/livez" };
    ensure!(config.listen.addr.port() != 0, "with port 0 in LISTEN_ADDR, nobody knows where the server listens");
    let addr = from_here(config.listen.addr);
    let status = ask(addr, path).with_context(|| format!("{addr} does not answer (LISTEN_ADDR)"))?;
    ensure!(status == "200", "{path} is answered with {status}");
    Ok(output::print("ok")?)
}

/// Where a server on this machine is reached that listens on `addr`: who listens everywhere listens here, too.
fn from_here(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// The status that `GET path` is answered with (RFC 9112, section 4).
fn ask(addr: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&addr, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.write_all(format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(connection.take(64)).read_line(&mut line)?;
    let mut words = line.split(' ');
    match (words.next(), words.next()) {
        (Some("HTTP/1.1"), Some(status)) => Ok(status.to_owned()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP")),
    }
}
