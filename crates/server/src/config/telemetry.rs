//! How those who watch over the service see what it does.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::listen::Listen;
use super::mistakes::Checks;

/// Where a collector takes spans, below its address (OTLP/HTTP).
const TRACES: &str = "v1/traces";

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Address and port at which `/metrics` can be read, and nothing else; port 0 takes a free one [default: none, and there
    /// are no metrics]
    #[arg(long, env = "METRICS_ADDR", value_name = "IP:PORT")]
    metrics_addr: Option<String>,

    /// URL of an OpenTelemetry collector, such as `http://localhost:4318`. Spans are sent to `/v1/traces` below it, as
    /// protobuf over HTTP [default: none, and no spans are sent]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otel_exporter_otlp_endpoint: Option<String>,

    /// Headers that the collector asks for, such as `authorization=Bearer%20abc,x-tenant=7`. Set them in the environment:
    /// everybody on the machine can read a command line [default: none]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", value_name = "SECRET")]
    otel_exporter_otlp_headers: Option<SecretString>,

    /// What this service is called in traces
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "TEXT", default_value = "tessera")]
    otel_service_name: String,
}

/// How the service is seen.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Where metrics are read, if they are.
    pub metrics_addr: Option<SocketAddr>,
    /// Who is sent spans, if somebody is.
    pub collector: Option<Collector>,
    service_name: String,
    has_headers: bool,
}

/// Who is sent spans.
#[derive(Clone)]
pub struct Collector {
    /// Where it takes them.
    pub traces: Url,
    /// The headers that it asks for. Their values are secrets, and marked as such.
    pub headers: HeaderMap,
    /// What this service is called there.
    pub service_name: String,
    endpoint: Url,
}

impl Settings {
    pub fn check(self, listen: Option<&Listen>, checks: &mut Checks) -> Option<Telemetry> {
        let metrics_addr = check_metrics(self.metrics_addr, listen, checks);
        let endpoint = self.otel_exporter_otlp_endpoint.map(|raw| check_endpoint(&raw, checks));
        let has_headers = self.otel_exporter_otlp_headers.is_some();
        let headers = match self.otel_exporter_otlp_headers {
            Some(raw) => check_headers(&raw, checks),
            None => Some(HeaderMap::new()),
        };
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let service_name = checks.read("OTEL_SERVICE_NAME", &self.otel_service_name, "a name", named);
        let (metrics_addr, headers, service_name) = (metrics_addr?, headers?, service_name?);
        let collector = match endpoint {
            Some(endpoint) => Some(Collector::at(endpoint?, headers, service_name.clone())?),
            None => None,
        };
        if collector.as_ref().is_some_and(Collector::is_sent_secrets_in_clear) {
            checks.warn("OTEL_EXPORTER_OTLP_ENDPOINT is no https: OTEL_EXPORTER_OTLP_HEADERS are sent in clear");
        }
        Some(Telemetry { metrics_addr, collector, service_name, has_headers })
    }
}

#[expect(clippy::option_option, reason = "useless, not given, given: the three of them are different")]
fn check_metrics(raw: Option<String>, listen: Option<&Listen>, checks: &mut Checks) -> Option<Option<SocketAddr>> {
    let accepted = "an IP address and a port, such as 127.0.0.1:9464";
    let Some(raw) = raw else { return Some(None) };
    let addr: SocketAddr = checks.read("METRICS_ADDR", &raw, accepted, |text| text.parse().ok())?;
    if addr.port() != 0 && listen.is_some_and(|listen| listen.addr.port() == addr.port()) {
        checks.refuse("METRICS_ADDR", "has the port of LISTEN_ADDR, which clients can reach", "a port of its own");
        return None;
    }
    Some(Some(addr))
}

/// A URL that holds a name and a password is not quoted: it is shown by `config check`, and they belong into a header.
fn check_endpoint(raw: &str, checks: &mut Checks) -> Option<Url> {
    let accepted = "the URL of a collector without user, query and fragment, such as http://localhost:4318";
    if raw.contains('@') {
        checks.refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "names a user; OTEL_EXPORTER_OTLP_HEADERS is the place", accepted);
        return None;
    }
    let parse = |text: &str| {
        let url = Url::parse(text).ok()?;
        let is_base = url.has_host() && url.query().is_none() && url.fragment().is_none();
        (is_base && matches!(url.scheme(), "http" | "https")).then_some(url)
    };
    checks.read("OTEL_EXPORTER_OTLP_ENDPOINT", raw, accepted, parse)
}

/// `name=value` and commas between them, the values percent-encoded (the specification takes this form from W3C Baggage).
fn check_headers(raw: &SecretString, checks: &mut Checks) -> Option<HeaderMap> {
    let text = raw.expose_secret().trim();
    let headers: Option<HeaderMap> = text.split(',').filter(|part| !part.trim().is_empty()).map(header).collect();
    if headers.is_none() {
        let accepted = "name=value,name=value, with values that are percent-encoded where they hold a comma or a space";
        checks.refuse("OTEL_EXPORTER_OTLP_HEADERS", "cannot be read", accepted);
    }
    headers
}

fn header(text: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = text.split_once('=')?;
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

impl Collector {
    fn at(endpoint: Url, headers: HeaderMap, service_name: String) -> Option<Self> {
        let traces = format!("{}/{TRACES}", endpoint.as_str().trim_end_matches('/')).parse().ok()?;
        Some(Self { traces, headers, service_name, endpoint })
    }

    fn is_sent_secrets_in_clear(&self) -> bool {
        let host = self.endpoint.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback());
        self.endpoint.scheme() == "http" && !is_here && !self.headers.is_empty()
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("traces", &self.traces.as_str()).finish_non_exhaustive()
    }
}

impl Telemetry {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let none = || "none".to_owned();
        let collector = self.collector.as_ref().map_or_else(none, |collector| collector.endpoint.to_string());
        let headers = if self.has_headers { "(set, not shown)".to_owned() } else { none() };
        vec![
            ("METRICS_ADDR", self.metrics_addr.map_or_else(none, |addr| addr.to_string())),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            ("OTEL_EXPORTER_OTLP_HEADERS", headers),
            ("OTEL_SERVICE_NAME", self.service_name.clone()),
        ]
    }
}
