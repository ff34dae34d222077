//! What belongs to no contract: where things are, how they are, and the keys that others verify our tokens with.

mod admin;
mod health;
mod key_set;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use crate::http::answer;
use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;
use crate::http::routes::{Open, Route, Routes};

/// Registers the routes.
pub fn routes(routes: &mut Routes<'_>) {
    routes.add(Route::at("/livez").get::<Open, _>(health::live));
    routes.add(Route::at("/readyz").get::<Open, _>(health::ready));
    routes.add(Route::at("/.well-known/jwks.json").get::<Open, _>(key_set::show));
    routes.add(Route::at("/api/health").get::<Open, _>(health::show));
    routes.add(Route::at("/api").get::<Open, _>(root));
    routes.add(Route::at("/").get::<Open, _>(root));
    admin::routes(routes);
}

/// Relative links: which host and scheme clients see is not for a request to say (requirement H5).
#[derive(Serialize)]
struct Links {
    users: &'static str,
    health: &'static str,
    keys: &'static str,
    admin: &'static str,
}

/// `GET /api/`
async fn root(_: Anonymous) -> Result<HttpResponse, Rejection> {
    let links =
        Links { users: "/api/v1/users", health: "/api/health/", keys: "/.well-known/jwks.json", admin: "/admin/" };
    Ok(answer::json(StatusCode::OK, &links))
}
