//! Making a handler's arguments out of a request, one after the other.
//!
//! Not actix-web's `FromRequest`: that extracts all arguments at once, so that a body would be read for somebody who turns
//! out not to be allowed, and its errors are texts of its own.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::str::FromStr;
use std::task::Poll;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{HttpRequest, web};
use futures_util::poll;
use tokio::time::{Instant, timeout_at};

use super::errors::Refusal;
use super::rejection::Rejection;
use super::settings::HttpSettings;

/// A request on its way to a handler.
pub struct Incoming {
    /// Everything but the body.
    pub request: HttpRequest,
    /// The body, until somebody reads it.
    pub(super) payload: Payload,
    pub(super) settings: Rc<HttpSettings>,
    /// When the answer is due.
    pub(super) due: Instant,
}

impl Incoming {
    /// Takes over a request that has just arrived.
    pub(super) fn new(request: ServiceRequest, settings: Rc<HttpSettings>) -> Self {
        let due = Instant::now() + settings.answer_deadline;
        let (request, payload) = request.into_parts();
        Self { request, payload, settings, due }
    }

    /// Waits for `work` as long as the request's deadline allows.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Rejection> {
        let mut work = pin!(work);
        // What is there at once, as most reads are, needs no timer.
        match poll!(work.as_mut()) {
            Poll::Ready(result) => Ok(result),
            Poll::Pending => timeout_at(self.due, work).await.map_err(|_| Rejection::too_slow()),
        }
    }
}

/// An argument of a handler.
pub trait Extract: Sized {
    /// Makes it, or refuses the request.
    fn extract(incoming: &mut Incoming) -> impl Future<Output = Result<Self, Refusal>>;
}

/// A service, as it was wired.
impl<T: ?Sized + 'static> Extract for web::Data<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        service(incoming).map_err(Refusal::from)
    }
}

/// The service of type `T`.
pub(super) fn service<T: ?Sized + 'static>(incoming: &Incoming) -> Result<web::Data<T>, Rejection> {
    let found = incoming.request.app_data::<web::Data<T>>().cloned();
    found.ok_or_else(|| Rejection::Internal { cause: format!("{} is not wired", std::any::type_name::<T>()) })
}

/// The id that stands at `{id}` in the path. A text that is no id names nothing that there is.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr> Extract for PathId<T> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let id = incoming.request.match_info().get("id").and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(|| Rejection::NotFound.into())
    }
}

/// The query of the URL, as it was sent.
#[derive(Debug)]
pub struct RawQuery(pub String);

impl Extract for RawQuery {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(Self(incoming.request.query_string().to_owned()))
    }
}
