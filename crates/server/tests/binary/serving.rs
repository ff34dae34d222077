//! Serving: from the first line to the last, and starts that fail.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::installation::{Installation, Serving};

#[test]
fn a_server_says_where_it_is_and_stops_in_order() {
    let installation = Installation::new();
    for (arguments, signal) in [(&[][..], Signal::TERM), (&["serve"], Signal::INT)] {
        let server = installation.serve(arguments);
        TcpStream::connect(&server.addr).expect("it listens");
        server.signal(signal);
        let done = server.end();
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.out.contains("Data is kept in") && done.out.contains("curl"), "{done:?}");
    }
    let left: Vec<_> = std::fs::read_dir(installation.folder().join("data")).expect("the data").collect();
    assert_eq!(left.len(), 2, "the database in one file, and the secret: {left:?}");
}

/// Each would take two megabytes for the first byte in it: more than all threads together need for themselves.
#[cfg(target_os = "linux")]
#[test]
fn memory_comes_in_small_pages() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let told = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{}/{file}", server.process())).expect("it runs");
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("Linux tells");
        line.trim().trim_end_matches(" kB").parse::<u32>().expect("a number")
    };
    assert_eq!(told("status", "THP_enabled:"), 0, "huge pages are refused, whatever the kernel is set to");
    // A kernel that gives them to everybody, and an allocator that asks for them, had some before the first line of ours.
    assert!(told("smaps_rollup", "AnonHugePages:") <= 4 * 1_024);
}

#[test]
fn in_json_every_line_is_an_event() {
    let installation = Installation::new();
    let mut command = installation.command(&["--log-format", "json", "--log-level", "trace"]);
    let mut child = command.spawn().expect("it runs");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map(|line| line.expect("text"));
    let mut read_to = |message: &str| {
        for line in &mut lines {
            let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no event: {line}"));
            if event["message"] == message {
                return event;
            }
        }
        panic!("it never said {message:?}");
    };
    assert!(read_to("listening")["addr"].as_str().is_some_and(|addr| addr.starts_with("127.0.0.1:")));
    kill_process(Pid::from_child(&child), Signal::TERM).expect("sent");
    read_to("stopped");
    assert_eq!(lines.count(), 0);
    assert!(child.wait().expect("it ends").success());
}

/// At the usual level as much as is needed to find the request; on demand the way that it took.
#[test]
fn a_line_belongs_to_its_request_and_to_the_trace_of_its_sender() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let logged_at = |level: &str| {
        let installation = Installation::new();
        let server = installation.serve(&["--log-format", "pretty", "--log-level", level]);
        let body = r#"{"username": "ana", "email": "ana@example.com", "password": "securepassword123"}"#;
        let mut connection = TcpStream::connect(&server.addr).expect("it listens");
        write!(
            connection,
            "POST /api/v1/user/create HTTP/1.1\r\nHost: tessera\r\nContent-Type: application/json\r\n\
             Connection: close\r\nX-Request-Id: id-1\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len(),
        )
        .expect("sent");
        let answer = read(connection);
        assert!(answer.contains(&format!("\r\ntraceparent: 00-{trace}-")), "{answer}");
        server.signal(Signal::TERM);
        let log = server.end().err;
        log.lines().find(|line| line.contains(r#"event="register""#)).unwrap_or_else(|| panic!("{log}")).to_owned()
    };
    let line = logged_at("info");
    assert!(line.contains(r#"request_id="id-1""#) && line.contains(trace) && !line.contains("register:"), "{line}");
    let line = logged_at("info,tessera_services=debug");
    assert!(line.contains(r#"request_id="id-1""#) && line.contains(trace) && line.contains("register:"), "{line}");
    assert!(!line.contains("securepassword123") && !line.contains("ana@example.com"), "{line}");
}

#[test]
fn a_start_that_fails_is_one_sentence() {
    let installation = Installation::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("bound").to_string();
    let error = installation.run(&["--listen-addr", &addr]).failed();
    let sentence = error.lines().last().unwrap_or_default();
    assert!(sentence.starts_with(&format!("tessera: {addr} is in use by another program")), "{error}");

    std::fs::write(installation.folder().join("file"), "").expect("written");
    let error = installation.run(&["--data-dir", "file"]).failed();
    let sentence = error.lines().last().unwrap_or_default();
    assert!(sentence.contains("file/tessera.sqlite3 cannot be used") && sentence.contains("DATA_DIR"), "{error}");
}

#[test]
fn in_json_a_start_that_fails_is_an_event() {
    let installation = Installation::new();
    let error = installation.run(&["--log-format", "json", "--listen-addr", "192.0.2.1:1"]).failed();
    let last: Value = serde_json::from_str(error.lines().last().unwrap_or_default()).expect("an event");
    assert_eq!(last["error"], "192.0.2.1 is no address of this machine: set LISTEN_ADDR to one that is");
}

#[test]
fn another_secret_than_the_first_one_does_not_start() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let other = "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe";
    let error = installation.run(&["--secret-key", other]).failed();
    assert!(error.contains("SECRET_KEY does not open the signing key") && !error.contains(other), "{error}");
}

/// A request whose headers the server has seen, and whose body it waits for.
fn begin_request(server: &Serving, body: &str) -> TcpStream {
    let mut connection = TcpStream::connect(&server.addr).expect("it listens");
    let length = body.len();
    write!(
        connection,
        "POST /api/v1/user/create HTTP/1.1\r\nHost: tessera\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
    )
    .expect("sent");
    let mut line = [0; 25];
    connection.read_exact(&mut line).expect("an answer");
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection
}

#[test]
fn a_request_that_is_under_way_is_answered_before_the_end() {
    let installation = Installation::new();
    let mut server = installation.serve(&[]);
    let body = r#"{"username": "ana", "email": "ana@example.com", "password": "securepassword123"}"#;
    let mut connection = begin_request(&server, body);
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    connection.write_all(body.as_bytes()).expect("sent");
    let answer = read(connection);
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(server.end().code, Some(0));
    assert!(installation.run(&["user", "list"]).succeeded().contains("ana@example.com"));
}

/// The answer to `GET path`, over a connection of its own.
fn get(server: &Serving, path: &str) -> String {
    read(ask(server, path, "Connection: close\r\n"))
}

/// A connection over which `GET path` was sent, with these lines besides.
fn ask(server: &Serving, path: &str, lines: &str) -> TcpStream {
    let mut connection = TcpStream::connect(&server.addr).expect("it listens");
    write!(connection, "GET {path} HTTP/1.1\r\nHost: tessera\r\n{lines}\r\n").expect("sent");
    connection
}

/// Everything that comes until the server ends the connection.
fn read(mut connection: TcpStream) -> String {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer, and the end of the connection");
    answer
}

#[test]
fn a_connection_rests_for_as_long_as_it_may() {
    let installation = Installation::new();
    let server = installation.serve(&["--keep-alive-seconds", "1"]);
    let connection = ask(&server, "/livez", "");
    // Long after it should have ended, and before it would end if nobody had set anything.
    connection.set_read_timeout(Some(Duration::from_secs(15))).expect("set");
    let answer = read(connection);
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("\r\nconnection: "), "{answer}");
}

#[test]
fn who_is_told_to_stop_first_says_so_and_goes_on_answering() {
    let installation = Installation::new();
    let mut server = installation.serve(&["--stop-delay-seconds", "60"]);
    assert!(get(&server, "/readyz").starts_with("HTTP/1.1 200 "));
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    let ready = get(&server, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503 ") && ready.contains(r#""status":"stopping""#), "{ready}");
    assert!(get(&server, "/livez").starts_with("HTTP/1.1 200 "), "it is alive");
    let last = read(ask(&server, "/api/v1/users", ""));
    assert!(last.starts_with("HTTP/1.1 200 ") && last.contains("\r\nconnection: close\r\n"), "it answers: {last}");
    server.signal(Signal::INT);
    assert_eq!(server.end().code, Some(130), "and does not have somebody wait who insists");
}

#[test]
fn a_person_who_insists_does_not_wait() {
    let installation = Installation::new();
    let mut server = installation.serve(&[]);
    let _under_way = begin_request(&server, "{}");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    server.signal(Signal::TERM);
    server.signal(Signal::INT);
    assert_eq!(server.end().code, Some(130));
}
