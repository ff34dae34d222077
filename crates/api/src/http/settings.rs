//! The limits of the HTTP layer, and who may come near it.

use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Condition;
use tessera_services::health::Departure;

use super::cors::AllowedOrigins;
use super::hosts::AllowedHosts;
use super::proxies::TrustedProxies;
use super::request_spans::RequestSpans;
use super::traffic::Traffic;

/// Limits that configuration and tests may change, and who is believed. All are per request.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// How long an answer may take, the arrival of the body not counted.
    pub answer_deadline: Duration,
    /// From which duration on a request is logged for being slow.
    pub slow_after: Duration,
    /// Whose forwarding headers count.
    pub proxies: TrustedProxies,
    /// Where requests are counted, if they are.
    pub traffic: Option<Arc<Traffic>>,
    /// Who is told of the spans of requests, if somebody is.
    pub spans: Option<Arc<dyn RequestSpans>>,
    /// Whether this instance is about to stop. From then on each answer is the last one of its connection, so that who keeps
    /// connections goes elsewhere in time.
    pub departure: Departure,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit: 64 * 1_024,
            body_deadline: Duration::from_secs(10),
            answer_deadline: Duration::from_secs(5),
            slow_after: Duration::from_secs(1),
            proxies: TrustedProxies::default(),
            traffic: None,
            spans: None,
            departure: Departure::default(),
        }
    }
}

/// From where, and under which names, this service may be called. By default under all names, and by no page of another
/// origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Perimeter {
    /// The names it answers to.
    pub hosts: AllowedHosts,
    /// The origins whose pages may call.
    pub origins: AllowedOrigins,
    /// What browsers are told about encryption (RFC 6797), if they are told anything. They believe it over an encrypted
    /// connection alone, so that it does no harm on any other.
    pub transport_security: Option<HeaderValue>,
}

impl Perimeter {
    /// What [`transport_security`](Self::transport_security) says, to have this name called with encryption alone for so
    /// long. Names below it are somebody else's to decide about.
    pub fn encrypted_for(seconds: u32) -> Option<HeaderValue> {
        if seconds == 0 { None } else { HeaderValue::from_str(&format!("max-age={seconds}")).ok() }
    }

    /// The layer that answers browsers' questions about other origins, if there are any that are allowed.
    pub fn cors(&self) -> Condition<Cors> {
        Condition::new(!self.origins.is_empty(), self.origins.layer())
    }
}
