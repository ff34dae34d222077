//! The HTTP face of Tessera: contracts, and the layer they share.
//!
//! A [contract](contracts) is thin: routes, wire types, short handlers, its own wording of errors. What all of them need
//! is in [`http`], and nothing here decides what an account or a token means: that is `tessera-services`. The server
//! crate builds [`Services`] once and calls [`app`] on every worker.

pub mod contracts;
pub mod document;
pub mod http;
pub mod system;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error, web};
use tessera_services::account::AccountService;
use tessera_services::administration::AdministrationService;
use tessera_services::auth::AuthService;
use tessera_services::health::HealthService;
use tessera_services::one_time::OneTimeTokenService;
use tessera_services::orchestrator::{AccountLogin, Demonstration, OrchestratorService};
use tessera_services::signing_keys::KeySetService;
use tessera_services::tokens::TokenService;
use tessera_services::user_tokens::{ServiceEntrance, UserTokenService};

use crate::document::{Document, Entry};
pub use crate::http::cors::AllowedOrigins;
use crate::http::edge::Edge;
pub use crate::http::hosts::AllowedHosts;
use crate::http::routes::Routes;
pub use crate::http::settings::{HttpSettings, Perimeter};
use crate::http::traffic::{Traffic, WorkerTraffic};

/// The services that handlers call.
#[derive(Clone)]
pub struct Services {
    /// Accounts.
    pub auth: Arc<dyn AuthService>,
    /// What their owners do with them.
    pub accounts: Arc<dyn AccountService>,
    /// What staff may do with accounts.
    pub administration: Arc<dyn AdministrationService>,
    /// Logging in.
    pub login: Arc<dyn OrchestratorService<AccountLogin>>,
    /// The demonstration, where it is on.
    pub demonstration: Option<Arc<dyn OrchestratorService<Demonstration>>>,
    /// Tokens.
    pub tokens: Arc<dyn TokenService>,
    /// One-time tokens.
    pub one_time_tokens: Arc<dyn OneTimeTokenService>,
    /// Tokens of users whom other services own.
    pub user_tokens: Arc<dyn UserTokenService>,
    /// Which of those services may ask for them.
    pub service_entrance: Arc<ServiceEntrance>,
    /// The published keys.
    pub keys: Arc<dyn KeySetService>,
    /// The state of the storages.
    pub health: Arc<dyn HealthService>,
}

/// The application, for one worker.
pub fn app(
    services: &Services,
    settings: HttpSettings,
    perimeter: &Perimeter,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + use<>,
> {
    let traffic = settings.traffic.as_deref().map(Traffic::worker);
    let edge = Edge::new(&settings, perimeter).counted(traffic.clone());
    let application = App::new().configure(|config| configure_counted(config, services, settings, traffic, |_| ()));
    application.wrap(perimeter.cors()).wrap(edge)
}

/// Everything of [`app`] but its outermost layer: services, routes, and the answer where there is no route.
pub fn configure(config: &mut ServiceConfig, services: &Services, settings: HttpSettings) {
    configure_with(config, services, settings, |_| ());
}

/// The same with routes of somebody else's besides.
pub fn configure_with(
    config: &mut ServiceConfig,
    services: &Services,
    settings: HttpSettings,
    more: impl FnOnce(&mut Routes<'_>),
) {
    configure_counted(config, services, settings, None, more);
}

fn configure_counted(
    config: &mut ServiceConfig,
    services: &Services,
    settings: HttpSettings,
    traffic: Option<Rc<WorkerTraffic>>,
    more: impl FnOnce(&mut Routes<'_>),
) {
    config
        .app_data(web::Data::from(Arc::clone(&services.auth)))
        .app_data(web::Data::from(Arc::clone(&services.accounts)))
        .app_data(web::Data::from(Arc::clone(&services.administration)))
        .app_data(web::Data::from(Arc::clone(&services.login)))
        .app_data(web::Data::from(Arc::clone(&services.tokens)))
        .app_data(web::Data::from(Arc::clone(&services.one_time_tokens)))
        .app_data(web::Data::from(Arc::clone(&services.user_tokens)))
        .app_data(web::Data::from(Arc::clone(&services.service_entrance)))
        .app_data(web::Data::from(Arc::clone(&services.keys)))
        .app_data(web::Data::from(Arc::clone(&services.health)));
    if let Some(demonstration) = &services.demonstration {
        config.app_data(web::Data::from(Arc::clone(demonstration)));
    }
    let mut routes = routes(config, services, settings, traffic);
    more(&mut routes);
    let document = Document::of(routes.mount());
    config.app_data(web::Data::new(document));
}

/// Everything that is answered: each method with its path. A path is answered with a slash at its end, too.
pub fn endpoints(services: &Services) -> Vec<(Method, &'static str)> {
    entries(services).into_iter().map(|entry| (entry.method, entry.path)).collect()
}

/// The API document of a server with these services, in JSON.
pub fn document(services: &Services) -> Result<web::Bytes, serde_json::Error> {
    Document::of(entries(services)).text()
}

fn entries(services: &Services) -> Vec<Entry> {
    let mut entries = Vec::new();
    let _not_served =
        App::new().configure(|config| entries = routes(config, services, HttpSettings::default(), None).mount());
    entries
}

fn routes<'a>(
    config: &'a mut ServiceConfig,
    services: &Services,
    settings: HttpSettings,
    traffic: Option<Rc<WorkerTraffic>>,
) -> Routes<'a> {
    let mut routes = Routes::new(config, settings).counted(traffic);
    for contract in contracts::CONTRACTS {
        (contract.routes)(&mut routes, services);
    }
    system::routes(&mut routes);
    routes
}
