//! Registering routes: the only way to do it, and it names each one's protection in its type (requirement H7).
//!
//! A protection decides what the handler's first argument is. A handler that was written for a [`Caller`] cannot be
//! registered as [`Open`], and one that takes no proof cannot be registered at all:
//!
//! ```
//! use actix_web::{HttpResponse, http::StatusCode};
//! use tessera_api::document::Operation;
//! use tessera_api::http::{caller::Anonymous, rejection::Rejection, routes::{Bearer, Open, Route}};
//! use tessera_services::tokens::Caller;
//!
//! async fn ping(_: Anonymous) -> Result<HttpResponse, Rejection> { Ok(HttpResponse::new(StatusCode::OK)) }
//! async fn secret(_: Caller) -> Result<HttpResponse, Rejection> { Ok(HttpResponse::new(StatusCode::OK)) }
//!
//! Route::at("/ping").get::<Open, _>(ping, || Operation::new("ping", "Whether anybody is there"));
//! Route::at("/secret").get::<Bearer, _>(secret, || Operation::new("secret", "What only some may know"));
//! ```
//!
//! Beside its handler stands what the [API document](mod@crate::document) says of it, so that a route without a description
//! does not compile either.
//!
//! ```compile_fail
//! # use actix_web::{HttpResponse, http::StatusCode};
//! # use tessera_api::document::Operation;
//! # use tessera_api::http::{caller::Anonymous, rejection::Rejection, routes::{Bearer, Open, Route}};
//! # use tessera_services::tokens::Caller;
//! # async fn ping(_: Anonymous) -> Result<HttpResponse, Rejection> { Ok(HttpResponse::new(StatusCode::OK)) }
//! # async fn secret(_: Caller) -> Result<HttpResponse, Rejection> { Ok(HttpResponse::new(StatusCode::OK)) }
//! Route::at("/secret").get::<Open, _>(secret, || Operation::new("secret", "What only some may know"));
//! ```
//!
//! ```compile_fail
//! # use actix_web::{HttpResponse, http::StatusCode};
//! # use tessera_api::document::Operation;
//! # use tessera_api::http::{rejection::Rejection, routes::{Bearer, Open, Route}};
//! async fn careless() -> Result<HttpResponse, Rejection> { Ok(HttpResponse::new(StatusCode::OK)) }
//! Route::at("/careless").get::<Open, _>(careless, || Operation::new("careless", "Who asks is asked nothing"));
//! ```

use std::future::Future;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::dev::{ServiceRequest, fn_service};
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use tessera_services::tokens::Caller;

use crate::document::{Describe, Entry};

use super::caller::Anonymous;
use super::endpoint::{Endpoint, Runner, Served, changing, reading};
use super::errors::Refusal;
use super::extract::{Extract, Incoming};
use super::router::Router;
use super::service_caller::ServiceCaller;
use super::settings::HttpSettings;
use super::traffic::WorkerTraffic;

/// Who gets to a handler.
pub trait Protection: sealed::Sealed {
    /// What the handler is given to show for it.
    type Proof: Extract;
    /// The same, as the API document says it.
    const ACCESS: Access;
}

/// Who gets to a handler, as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Who presents a live access token.
    Bearer,
    /// Anybody, and who presents a live access token is known.
    MaybeBearer,
    /// Another service that may.
    Service,
    /// Anybody whose body says so, and another service that may.
    MaybeService,
}

/// Anybody gets there, and nobody is asked who they are.
#[derive(Debug)]
pub enum Open {}
/// Only who presents a live access token gets there.
#[derive(Debug)]
pub enum Bearer {}
/// Anybody gets there; who presents a live access token is known.
#[derive(Debug)]
pub enum MaybeBearer {}
/// Only another service that may gets there.
#[derive(Debug)]
pub enum Service {}
/// Anybody gets there; whether it is another service that may is known.
#[derive(Debug)]
pub enum MaybeService {}

impl Protection for Open {
    type Proof = Anonymous;
    const ACCESS: Access = Access::Open;
}
impl Protection for Bearer {
    type Proof = Caller;
    const ACCESS: Access = Access::Bearer;
}
impl Protection for MaybeBearer {
    type Proof = Option<Caller>;
    const ACCESS: Access = Access::MaybeBearer;
}
impl Protection for Service {
    type Proof = ServiceCaller;
    const ACCESS: Access = Access::Service;
}
impl Protection for MaybeService {
    type Proof = Option<ServiceCaller>;
    const ACCESS: Access = Access::MaybeService;
}

mod sealed {
    /// The protections are these five.
    pub trait Sealed {}
    impl Sealed for super::Open {}
    impl Sealed for super::Bearer {}
    impl Sealed for super::MaybeBearer {}
    impl Sealed for super::Service {}
    impl Sealed for super::MaybeService {}
}

/// A function that answers requests: the proof first, then arguments that are extracted in their order.
pub trait Handler<P: Protection, Args>: Clone + 'static {
    /// How it refuses.
    type Error: Into<Refusal> + 'static;
    /// Its work.
    type Work: Future<Output = Result<HttpResponse, Self::Error>> + 'static;

    /// Extracts the arguments. The work has not begun when this returns.
    fn prepare(&self, incoming: &mut Incoming) -> impl Future<Output = Result<Self::Work, Refusal>>;
}

macro_rules! handler {
    ($($argument:ident)*) => {
        impl<P, F, W, E, $($argument),*> Handler<P, ($($argument,)*)> for F
        where
            P: Protection,
            F: Fn(P::Proof $(, $argument)*) -> W + Clone + 'static,
            W: Future<Output = Result<HttpResponse, E>> + 'static,
            E: Into<Refusal> + 'static,
            $($argument: Extract,)*
        {
            type Error = E;
            type Work = W;

            async fn prepare(&self, incoming: &mut Incoming) -> Result<W, Refusal> {
                let proof = P::Proof::extract(incoming).await?;
                Ok(self(proof $(, $argument::extract(incoming).await?)*))
            }
        }
    };
}

handler!();
handler!(A);
handler!(A B);
handler!(A B C);
handler!(A B C D);

/// What answers at one path.
pub struct Route {
    path: &'static str,
    served: Vec<(Access, Served)>,
}

impl Route {
    /// At `path`, and at the same path with a slash at its end; both answer directly. A part that reads `{id}` stands for
    /// any, which is then a [`PathId`](super::extract::PathId).
    pub fn at(path: &'static str) -> Self {
        Self { path, served: Vec::new() }
    }

    /// Answers `GET`, and `HEAD` with it.
    #[must_use]
    pub fn get<P: Protection + 'static, Args: 'static>(self, handler: impl Handler<P, Args>, of: Describe) -> Self {
        self.with(Method::GET, P::ACCESS, reading(handler), of)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<P: Protection + 'static, Args: 'static>(self, handler: impl Handler<P, Args>, of: Describe) -> Self {
        self.with(Method::POST, P::ACCESS, changing(handler), of)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<P: Protection + 'static, Args: 'static>(self, handler: impl Handler<P, Args>, of: Describe) -> Self {
        self.with(Method::PUT, P::ACCESS, changing(handler), of)
    }

    /// Answers `PATCH`.
    #[must_use]
    pub fn patch<P: Protection + 'static, Args: 'static>(self, handler: impl Handler<P, Args>, of: Describe) -> Self {
        self.with(Method::PATCH, P::ACCESS, changing(handler), of)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<P: Protection + 'static, Args: 'static>(self, handler: impl Handler<P, Args>, of: Describe) -> Self {
        self.with(Method::DELETE, P::ACCESS, changing(handler), of)
    }

    fn with(mut self, method: Method, access: Access, run: Runner, describe: Describe) -> Self {
        self.served.push((access, Served { method, run, describe }));
        self
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let entry = |(access, served): &(Access, Served)| Entry {
            method: served.method.clone(),
            path: self.path,
            access: *access,
            describe: served.describe,
        };
        self.served.iter().map(entry)
    }
}

/// Where routes are registered.
pub struct Routes<'a> {
    config: &'a mut ServiceConfig,
    settings: Rc<HttpSettings>,
    router: Router,
    traffic: Option<Rc<WorkerTraffic>>,
    registered: Vec<Entry>,
}

impl<'a> Routes<'a> {
    /// For the application that is configured with `config`.
    pub fn new(config: &'a mut ServiceConfig, settings: HttpSettings) -> Self {
        let (settings, router) = (Rc::new(settings), Router::default());
        Self { config, settings, router, traffic: None, registered: Vec::new() }
    }

    /// The same, where requests are counted.
    pub(crate) fn counted(mut self, traffic: Option<Rc<WorkerTraffic>>) -> Self {
        self.traffic = traffic;
        self
    }

    /// Registers a route.
    pub fn add(&mut self, route: Route) {
        let place = self.registered.len();
        self.registered.extend(route.entries());
        let served = route.served.into_iter().map(|(_, served)| served).collect();
        let traffic = self.traffic.clone().map(|worker| (worker, place));
        self.router.add(route.path, Endpoint::new(served, Rc::clone(&self.settings), traffic));
    }

    /// Has the application answer what is registered, and refuse everything else. Returns what is registered.
    pub fn mount(self) -> Vec<Entry> {
        let router = Rc::new(self.router);
        self.config.app_data(Rc::clone(&router));
        self.config.default_service(fn_service(move |request: ServiceRequest| {
            let router = Rc::clone(&router);
            async move { Ok(router.answer(request).await) }
        }));
        self.registered
    }
}
