//! What belongs to no contract: where things are, how they are, and the keys that others verify our tokens with.

mod admin;
pub(crate) mod docs;
pub(crate) mod docs_page;
mod file;
mod health;
mod key_set;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::answer;
use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;
use crate::http::routes::{Open, Route, Routes};

/// Registers the routes.
pub fn routes(routes: &mut Routes<'_>) {
    routes.add(Route::at("/livez").get::<Open, _>(health::live, docs::live));
    routes.add(Route::at("/readyz").get::<Open, _>(health::ready, docs::ready));
    routes.add(Route::at("/.well-known/jwks.json").get::<Open, _>(key_set::show, docs::key_set));
    routes.add(Route::at("/api/health").get::<Open, _>(health::show, docs::health));
    routes.add(Route::at("/api").get::<Open, _>(root, docs::api_root));
    routes.add(Route::at("/").get::<Open, _>(root, docs::root));
    admin::routes(routes);
    docs_page::routes(routes);
}

/// Relative links: which host and scheme clients see is not for a request to say (requirement H5).
#[derive(Serialize, ToSchema)]
#[schema(as = service::Links, description = "Where things are.")]
pub(super) struct Links {
    docs: &'static str,
    document: &'static str,
    users: &'static str,
    health: &'static str,
    keys: &'static str,
    admin: &'static str,
}

/// `GET /api/`
async fn root(_: Anonymous) -> Result<HttpResponse, Rejection> {
    let links = Links {
        docs: "/docs/",
        document: "/openapi.json",
        users: "/api/v1/users",
        health: "/api/health/",
        keys: "/.well-known/jwks.json",
        admin: "/admin/",
    };
    Ok(answer::json(StatusCode::OK, &links))
}
