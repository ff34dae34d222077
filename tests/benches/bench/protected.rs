//! Tessera with one more route: a handler with nothing to do behind the protection that every protected route has. Set
//! against the floor it tells what that protection costs: routing, the token, its revocation, the edge.

use std::future::pending;
use std::path::Path;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context as _;
use tessera_api::document::Operation;
use tessera_api::http::edge::Edge;
use tessera_api::http::rejection::Rejection;
use tessera_api::http::routes::{Bearer, Route};
use tessera_api::{HttpSettings, Perimeter};
use tessera_server::config::{Config, Environment};
use tessera_server::{Overrides, Wired, assemble};
use tessera_services::tokens::Caller;

use crate::floor;

/// Serves it until the process is killed.
#[expect(clippy::print_stderr, reason = "tells the benchmark where it listens, as the server's log does")]
pub async fn serve(folder: &Path, cost: &str) -> anyhow::Result<()> {
    let folder = folder.to_str().context("the folder is no text")?;
    let settings = [("DATA_DIR", folder), ("BCRYPT_COST", cost), ("RATE_LIMIT", "off")];
    let config = Config::from_environment(&Environment::of(&settings, ""))?;
    let (_storages, Wired { services, mirror, activity_writer, .. }) = assemble(&config, &Overrides::default()).await?;
    tokio::spawn(async move { mirror.run().await });
    tokio::spawn(activity_writer.run(pending()));
    let (settings, perimeter) = (HttpSettings::default(), Perimeter::default());
    let workers = std::thread::available_parallelism()?.get();
    let server = HttpServer::new(move || {
        App::new()
            .configure(|config| {
                tessera_api::configure_with(config, &services, settings.clone(), |routes| {
                    routes.add(Route::at(floor::PATH).get::<Bearer, _>(constant, described));
                });
            })
            .wrap(perimeter.cors())
            .wrap(Edge::new(&settings, &perimeter))
    });
    let server = server.workers(workers).bind(("127.0.0.1", 0))?;
    eprintln!("listening on {:?}", server.addrs());
    Ok(server.run().await?)
}

fn described() -> Operation {
    Operation::new("bench_constant", "Nothing, behind a protection")
}

async fn constant(_: Caller) -> Result<HttpResponse, Rejection> {
    let mut response = HttpResponse::with_body(StatusCode::OK, actix_web::body::BoxBody::new(floor::BODY));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
