//! The HTTP client that hands spans to the collector.
//!
//! It is asked by the thread that gathers them, which waits for the answer, so that it runs on that thread alone: it shares
//! nothing with those who answer requests, and can work until the very end of the program.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, iter};

use anyhow::Context as _;
use async_trait::async_trait;
use http::{HeaderMap, Request, Response};
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::runtime::{Builder, Runtime};

use crate::config::Collector;

/// Why no answer came to the last attempt. The exporter says no more of it than that it was the network.
#[derive(Debug, Default)]
pub struct Cause(Mutex<Option<String>>);

impl Cause {
    /// The cause, if there is one.
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, error: Option<&HttpError>) {
        let chain = |error: &HttpError| {
            let first: &(dyn Error + 'static) = &**error;
            let causes: Vec<_> =
                iter::successors(Some(first), |error| (*error).source()).map(ToString::to_string).collect();
            causes.join(": ")
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = error.map(chain);
    }
}

/// A client of one collector.
pub struct Client {
    cause: Arc<Cause>,
    inner: Box<dyn HttpClient>,
    headers: HeaderMap,
    runtime: Runtime,
}

impl Client {
    /// A client that waits no longer than `deadline` for an answer, and notes why there is none.
    pub fn new(collector: &Collector, deadline: Duration, cause: Arc<Cause>) -> anyhow::Result<Self> {
        let inner: Box<dyn HttpClient> = if collector.traces.scheme() == "https" {
            let tls = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
                .context("the certificates of this machine cannot be read (OTEL_EXPORTER_OTLP_ENDPOINT)")?;
            Box::new(HyperClient::new(tls.https_only().enable_http1().build(), deadline, None))
        } else {
            Box::new(HyperClient::with_default_connector(deadline, None))
        };
        let runtime = Builder::new_current_thread().enable_all().build().context("spans cannot be exported")?;
        Ok(Self { cause, inner, headers: collector.headers.clone(), runtime })
    }
}

#[async_trait]
impl HttpClient for Client {
    /// Blocks its thread, which has nothing else to do.
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        request.headers_mut().extend(self.headers.clone());
        let answer = self.runtime.block_on(self.inner.send_bytes(request));
        self.cause.set(answer.as_ref().err());
        answer
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
