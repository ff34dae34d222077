//! The bytes on a real connection: what only the server itself can get wrong.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use tessera_api::{HttpSettings, Perimeter, app};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::services;

/// A server on a free port. It goes away with the runtime of the test.
fn serve(settings: HttpSettings) -> io::Result<SocketAddr> {
    let services = services();
    let server = HttpServer::new(move || app(&services, settings.clone(), &Perimeter::default()));
    let server = server.workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().ok_or(io::ErrorKind::AddrNotAvailable)?;
    actix_web::rt::spawn(server.run());
    Ok(address)
}

/// Sends bytes, and reads until the answer ends like this, or the server closes the connection.
async fn exchange(address: SocketAddr, bytes: &[u8], end: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(bytes).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) && connection.read_buf(&mut answer).await? > 0 {}
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[actix_web::test]
async fn an_answer_to_head_has_a_length_and_no_body() -> io::Result<()> {
    let address = serve(HttpSettings::default())?;
    let answer = exchange(address, b"HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\0").await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 15\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("server:"), "{answer}");
    Ok(())
}

#[actix_web::test]
async fn a_body_that_stalls_is_answered_and_the_connection_closed() -> io::Result<()> {
    let address = serve(HttpSettings { body_deadline: Duration::from_millis(50), ..HttpSettings::default() })?;
    let request = b"POST /api/v1/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{\"email\":";
    let answer = exchange(address, request, "}").await?;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.ends_with("{\"message\":\"The request body did not arrive in time.\"}"), "{answer}");
    Ok(())
}

#[actix_web::test]
async fn a_body_that_is_too_large_still_gets_its_answer() -> io::Result<()> {
    let address = serve(HttpSettings::default())?;
    let mut request = b"POST /api/v1/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 200000\r\n\r\n"
        .to_vec();
    request.resize(request.len() + 200_000, b' ');
    let answer = exchange(address, &request, "}").await?;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.ends_with("{\"message\":\"The request body is too large.\"}"), "{answer}");
    Ok(())
}

#[actix_web::test]
async fn chunks_are_counted_as_they_come() -> io::Result<()> {
    let address = serve(HttpSettings::default())?;
    let mut request = b"POST /api/request-token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        .to_vec();
    for _ in 0..70 {
        request.extend(b"400\r\n");
        request.resize(request.len() + 1_024, b' ');
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    let answer = exchange(address, &request, "}").await?;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    Ok(())
}
