//! `request_token`: a demonstration of the orchestrator, with parts of its own. Its tokens open nothing.

mod docs;
mod dto;
mod error;
mod handlers;

use super::Contract;
use crate::Services;
use crate::http::routes::{Open, Route, Routes};

pub(super) const CONTRACT: Contract = Contract {
    name: "request_token",
    about: "A demonstration, on in development. Bodies are JSON or forms.",
    owns: &["/api/request-token"],
    routes,
    render: error::render,
    shape: error::shape,
};

/// Where the demonstration is off there is nothing at its path.
fn routes(routes: &mut Routes<'_>, services: &Services) {
    if services.demonstration.is_some() {
        routes.add(Route::at("/api/request-token").post::<Open, _>(handlers::request_token, docs::request_token));
    }
}
