//! The same server as a part of another program, which is how the end-to-end tests run it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use tessera_domain::Timestamp;
use tessera_server::config::{Config, Environment};
use tessera_server::{Overrides, start};
use tessera_services::ports::Clock;

struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn post(addr: SocketAddr, path: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(addr).expect("it listens");
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: tessera\r\nConnection: close\r\nContent-Length: {length}\r\n");
    write!(connection, "{head}Content-Type: application/json\r\n\r\n{body}").expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("answered");
    answer
}

#[tokio::test]
async fn it_goes_by_the_clock_it_is_given_and_stops_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("data");
    for algorithm in ["ES256", "HS256"] {
        let variables = [
            ("DATA_DIR", data_dir.to_str().expect("text")),
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("JWT_ALGORITHM", algorithm),
            ("WORKERS", "1"),
        ];
        let config = Config::from_environment(&Environment::of(&variables, "")).expect("accepted");
        let clock = Arc::new(Standing(Timestamp::from_unix_seconds(1_714_200_000)));
        let server = start(&config, &Overrides::with_clock(clock)).await.expect("started");
        let addr = server.addr();
        let body = r#"{"username": "user123", "password": "USER123"}"#;
        let answer = tokio::task::spawn_blocking(move || post(addr, "/api/request-token/", body)).await;
        assert!(answer.expect("no panic").ends_with(r#"{"token":"user123_1714200000"}"#));
        server.stop().await.expect("stopped");
        // The port may be somebody else's by now; a journal that was written back is the sign of an end in order.
        assert!(data_dir.join("tessera.sqlite3").exists() && !data_dir.join("tessera.sqlite3-wal").exists());
    }
}
