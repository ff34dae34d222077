//! `users`: accounts and sessions with strict refresh tokens, which travel in a header of their own.

mod docs;
mod dto;
mod error;
mod handlers;
mod refresh_header;

use super::Contract;
use crate::Services;
use crate::http::routes::{Bearer, MaybeBearer, Open, Route, Routes};

pub(super) const CONTRACT: Contract = Contract {
    name: "users",
    about: "Accounts and sessions. The refresh token travels in a header of its own, and is spent by its use. Bodies are \
            JSON.",
    owns: &["/api/v1/", "/api/account/", "/api/login", "/api/login/"],
    routes,
    render: error::render,
    shape: error::shape,
};

/// The last two are what the Postman collection of its README calls.
fn routes(routes: &mut Routes<'_>, _: &Services) {
    routes.add(Route::at(handlers::LIST).get::<MaybeBearer, _>(handlers::list, docs::list));
    routes.add(Route::at("/api/v1/user/create").post::<Open, _>(handlers::create, docs::create));
    routes.add(Route::at("/api/v1/user/login").post::<Open, _>(handlers::log_in, docs::log_in));
    routes.add(Route::at("/api/v1/user/refresh").post::<Open, _>(handlers::refresh, docs::refresh));
    routes.add(Route::at("/api/v1/user/logout").post::<Bearer, _>(handlers::log_out, docs::log_out));
    routes.add(Route::at("/api/account/create").post::<Open, _>(handlers::create, docs::create_account));
    routes.add(Route::at("/api/login").post::<Open, _>(handlers::log_in_by_either_name, docs::log_in_by_either_name));
}
