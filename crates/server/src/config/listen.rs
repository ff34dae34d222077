//! Where the service listens, and with how many workers.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::mistakes::Checks;
use super::runtime::AppEnv;

const DEVELOPMENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000);
const PRODUCTION: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 8000);

/// More than this by default would cost memory and bring nothing: SQLite has one writer.
const MOST_BY_DEFAULT: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// Those who spread requests over instances ask each of them about once a second.
const STOP_DELAY_IN_PRODUCTION: u32 = 2;

/// Short enough that a crowd of idle clients soon makes room for others.
const KEEP_ALIVE: u32 = 20;
/// Longer than proxies usually keep theirs, which is a minute: of two that end a connection at the same moment, one has just sent
/// a request.
const KEEP_ALIVE_BEHIND_PROXIES: u32 = 75;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8000, in production 0.0.0.0:8000]
    #[arg(long, env = "LISTEN_ADDR", value_name = "IP:PORT")]
    listen_addr: Option<String>,

    /// Threads that answer requests, 1 to 64 [default: one a core, at most 4]
    #[arg(long, env = "WORKERS", value_name = "COUNT")]
    workers: Option<String>,

    /// How long the service goes on accepting requests after it was told to stop, in seconds from 0 to 60, while `/readyz`
    /// says that they are better sent elsewhere [default: 0, in production 2]
    #[arg(long, env = "STOP_DELAY_SECONDS", value_name = "SECONDS")]
    stop_delay_seconds: Option<String>,

    /// How long a connection may rest between requests, in seconds from 1 to 3600. A proxy that keeps its connections has to
    /// give them up earlier, or some requests are lost [default: 20, with `TRUSTED_PROXIES` 75]
    #[arg(long, env = "KEEP_ALIVE_SECONDS", value_name = "SECONDS")]
    keep_alive_seconds: Option<String>,
}

/// Where the service listens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address; port 0 for any that is free.
    pub addr: SocketAddr,
    /// Threads that answer requests.
    pub workers: NonZeroUsize,
    /// How long requests are accepted after it was told to stop.
    pub stop_delay: Duration,
    /// How long a connection may rest between requests.
    pub keep_alive: Duration,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, is_behind_proxies: bool, checks: &mut Checks) -> Option<Listen> {
        let accepted = "an IP address and a port, such as 127.0.0.1:8000 or [::1]:8000";
        let addr = match self.listen_addr {
            Some(raw) => checks.read("LISTEN_ADDR", &raw, accepted, |text| text.parse().ok()),
            None => Some(app_env.pick(DEVELOPMENT, PRODUCTION)),
        };
        let workers = match self.workers {
            Some(raw) => checks.threads("WORKERS", &raw),
            None => Some(cores().min(MOST_BY_DEFAULT)),
        };
        let stop_delay = match self.stop_delay_seconds {
            Some(raw) => checks.whole("STOP_DELAY_SECONDS", &raw, "seconds", 0..=60),
            None => Some(app_env.pick(0, STOP_DELAY_IN_PRODUCTION)),
        };
        let keep_alive = match self.keep_alive_seconds {
            Some(raw) => checks.whole("KEEP_ALIVE_SECONDS", &raw, "seconds", 1..=3_600),
            None => Some(if is_behind_proxies { KEEP_ALIVE_BEHIND_PROXIES } else { KEEP_ALIVE }),
        };
        Some(Listen {
            addr: addr?,
            workers: workers?,
            stop_delay: Duration::from_secs(stop_delay?.into()),
            keep_alive: Duration::from_secs(keep_alive?.into()),
        })
    }
}

/// The cores this process may use.
pub(super) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl Listen {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LISTEN_ADDR", self.addr.to_string()),
            ("WORKERS", self.workers.to_string()),
            ("STOP_DELAY_SECONDS", self.stop_delay.as_secs().to_string()),
            ("KEEP_ALIVE_SECONDS", self.keep_alive.as_secs().to_string()),
        ]
    }
}
