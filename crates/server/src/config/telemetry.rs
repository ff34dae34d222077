//! How those who watch over the service see what it does.

use std::net::SocketAddr;

use super::listen::Listen;
use super::mistakes::Checks;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Address and port at which `/metrics` can be read, and nothing else; port 0 takes a free one [default: none, and there
    /// are no metrics]
    #[arg(long, env = "METRICS_ADDR", value_name = "IP:PORT")]
    metrics_addr: Option<String>,
}

/// How the service is seen.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Where metrics are read, if they are.
    pub metrics_addr: Option<SocketAddr>,
}

impl Settings {
    pub fn check(self, listen: Option<&Listen>, checks: &mut Checks) -> Option<Telemetry> {
        let accepted = "an IP address and a port, such as 127.0.0.1:9464";
        let Some(raw) = self.metrics_addr else { return Some(Telemetry { metrics_addr: None }) };
        let addr: SocketAddr = checks.read("METRICS_ADDR", &raw, accepted, |text| text.parse().ok())?;
        if addr.port() != 0 && listen.is_some_and(|listen| listen.addr.port() == addr.port()) {
            checks.refuse("METRICS_ADDR", "has the port of LISTEN_ADDR, which clients can reach", "a port of its own");
            return None;
        }
        Some(Telemetry { metrics_addr: Some(addr) })
    }
}

impl Telemetry {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let metrics = self.metrics_addr.map_or("none".to_owned(), |addr| addr.to_string());
        vec![("METRICS_ADDR", metrics)]
    }
}
