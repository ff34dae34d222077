//! The floor: what actix-web does when it has nothing to do. One route, one constant answer, the workers and the
//! connection handling of Tessera.

use std::io;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};

/// What the constant handlers answer.
pub const BODY: &str = r#"{"message":"pong"}"#;
/// The path of the constant handler.
pub const PATH: &str = "/bench/ping";

/// Serves it until the process is killed.
#[expect(clippy::print_stderr, reason = "tells the benchmark where it listens, as the server's log does")]
#[expect(clippy::disallowed_methods, reason = "the floor is actix-web without our way of registering routes")]
pub async fn serve() -> io::Result<()> {
    let constant = async || HttpResponse::Ok().content_type(ContentType::json()).body(BODY);
    let workers = std::thread::available_parallelism()?.get();
    let server = HttpServer::new(move || App::new().route(PATH, web::get().to(constant)));
    let server = server.workers(workers).bind(("127.0.0.1", 0))?;
    eprintln!("listening on {:?}", server.addrs());
    server.run().await
}
