//! Spans that are sent to a collector.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use rustix::process::Signal;

use crate::installation::{Installation, Serving};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const UNSAMPLED: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";
const REGISTER: &str = "POST /api/v1/user/create HTTP/1.1";
const PASSWORD: &str = "securepassword123";

/// What a collector was sent: the head of the request, and its body.
struct Export {
    head: String,
    body: ExportTraceServiceRequest,
}

/// A collector that takes everything, and where it is.
fn collector() -> (String, Receiver<Export>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (tell, told) = channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = BufReader::new(connection.expect("a connection"));
            while let Some(export) = take(&mut connection) {
                // Before it is answered: whoever has an answer may be gone, and what was sent is looked at.
                let _nobody_may_listen_any_more = tell.send(export);
                connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("answered");
            }
        }
    });
    (url, told)
}

/// What one request of a connection brings, if there is another one.
fn take(connection: &mut BufReader<TcpStream>) -> Option<Export> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    head.make_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    connection.read_exact(&mut body).expect("a body");
    Some(Export { head, body: ExportTraceServiceRequest::decode(body.as_slice()).expect("protobuf") })
}

/// The answer to a request with these headers.
fn ask(server: &Serving, line: &str, headers: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(&server.addr).expect("it listens");
    let length = body.len();
    write!(
        connection,
        "{line}\r\nHost: tessera\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}",
    )
    .expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    answer
}

fn account(name: &str) -> String {
    format!(r#"{{"username": "{name}", "email": "{name}@example.com", "password": "{PASSWORD}"}}"#)
}

fn traceparent(trace: &str, flags: &str) -> String {
    format!("traceparent: 00-{trace}-{CALLER}-{flags}\r\n")
}

fn hexadecimal(id: &[u8]) -> String {
    id.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref()?.value.as_ref()
}

fn spans(exports: &[Export]) -> Vec<&Span> {
    let resources = exports.iter().flat_map(|export| &export.body.resource_spans);
    resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).collect()
}

#[test]
fn a_request_is_a_part_of_its_senders_trace_and_what_it_calls_is_within_it() {
    let (url, exported) = collector();
    let installation = Installation::new();
    let settings =
        ["--otel-exporter-otlp-endpoint", &url, "--otel-exporter-otlp-headers", "authorization=Bearer%20s3cr3t"];
    let server = installation.serve(&settings);
    let answer = ask(&server, REGISTER, &traceparent(TRACE, "01"), &account("ana"));
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    ask(&server, REGISTER, &traceparent(UNSAMPLED, "00"), &account("eva"));
    ask(&server, REGISTER, "", &account("leo"));
    ask(&server, "GET /api/v1/users HTTP/1.1", "", "");
    server.signal(Signal::TERM);
    let done = server.end();
    assert_eq!(done.code, Some(0), "{done:?}");

    let exports: Vec<_> = exported.try_iter().collect();
    let first = exports.first().expect("an export");
    for line in ["post /v1/traces http/1.1\r\n", "authorization: bearer s3cr3t\r\n", "application/x-protobuf\r\n"] {
        assert!(first.head.contains(line), "{line}: {}", first.head);
    }
    let resource = first.body.resource_spans[0].resource.as_ref().expect("a resource");
    assert_eq!(attribute(&resource.attributes, "service.name"), Some(&Value::StringValue("tessera".to_owned())));

    let spans = spans(&exports);
    let traced: Vec<_> = spans.iter().filter(|span| hexadecimal(&span.trace_id) == TRACE).collect();
    let request = traced.iter().find(|span| span.kind == SpanKind::Server as i32).expect("the span of the request");
    assert_eq!(
        (request.name.as_str(), hexadecimal(&request.parent_span_id).as_str()),
        ("POST /api/v1/user/create", CALLER)
    );
    assert_eq!(attribute(&request.attributes, "http.response.status_code"), Some(&Value::IntValue(201)));
    let named = format!("\r\ntraceparent: 00-{TRACE}-{}-01\r\n", hexadecimal(&request.span_id));
    assert!(answer.contains(&named), "{named}: {answer}");
    let call = traced.iter().find(|span| span.name == "register").expect("the call of the service");
    assert_eq!(call.parent_span_id, request.span_id);
    let question = traced.iter().find(|span| span.name == "sqlite" && span.parent_span_id == call.span_id);
    assert!(question.is_some_and(|span| attribute(&span.attributes, "operation").is_some()), "{traced:?}");

    assert!(!spans.iter().any(|span| hexadecimal(&span.trace_id) == UNSAMPLED), "its sender does not record it");
    let roots: Vec<_> = spans.iter().filter(|span| span.parent_span_id.is_empty()).map(|span| &span.name).collect();
    assert_eq!(roots, ["POST /api/v1/user/create"], "who names no trace begins one, but not for a quick read");
    let all = format!("{spans:?}");
    for secret in [PASSWORD, "example.com", "s3cr3t"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(!done.err.contains("register:") && !done.err.contains("s3cr3t"), "the log is as it was: {}", done.err);
}

/// The log of a server whose collector is at `url`, after some requests and its end.
fn log_without_collector(url: &str) -> String {
    let installation = Installation::new();
    let server = installation.serve(&["--otel-exporter-otlp-endpoint", url]);
    for name in ["ana", "eva", "leo"] {
        let answer = ask(&server, REGISTER, "", &account(name));
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    let told = Instant::now();
    server.signal(Signal::TERM);
    let done = server.end();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(told.elapsed() < Duration::from_secs(10), "it took {:?} to end", told.elapsed());
    done.err
}

#[test]
fn a_collector_that_is_away_costs_a_line_of_the_log() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("bound"));
    drop(nobody);
    let log = log_without_collector(&url);
    assert_eq!(log.matches("the collector does not take spans").count(), 1, "{log}");
    assert!(log.contains("refused"), "it says why: {log}");
    assert_eq!(log.matches("spans were lost").count(), 1, "{log}");
}

#[test]
fn a_collector_that_never_answers_does_not_hold_up_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let log = log_without_collector(&format!("http://{}", silent.local_addr().expect("bound")));
    assert_eq!(log.matches("spans were lost").count(), 1, "{log}");
}

#[test]
fn what_is_no_address_of_a_collector_is_refused_and_no_secret_is_shown() {
    let installation = Installation::new();
    let check = |settings: &[&str]| installation.run(&[&["config", "check"], settings].concat());
    for wrong in ["localhost:4318", "collector", "grpc://localhost:4317", "http://localhost:4318/?key=1"] {
        let error = check(&["--otel-exporter-otlp-endpoint", wrong]).failed();
        assert!(
            error.contains("OTEL_EXPORTER_OTLP_ENDPOINT is ") && error.contains("http://localhost:4318"),
            "{error}"
        );
    }
    let error = check(&["--otel-exporter-otlp-endpoint", "http://ana:s3cr3t@localhost:4318"]).failed();
    assert!(error.contains("names a user") && !error.contains("s3cr3t"), "{error}");
    for wrong in ["s3cr3t", "na me=s3cr3t", "key=s3cr3t%0d%0a", "a=1,s3cr3t"] {
        let error = check(&["--otel-exporter-otlp-headers", wrong]).failed();
        assert!(error.contains("OTEL_EXPORTER_OTLP_HEADERS cannot be read") && !error.contains("s3cr3t"), "{error}");
    }
    let shown = check(&[
        "--otel-exporter-otlp-endpoint",
        "http://collector.example.com/otlp/",
        "--otel-exporter-otlp-headers",
        "x-key=s3cr3t",
    ]);
    let shown = shown.succeeded();
    assert!(shown.contains("http://collector.example.com/otlp/") && shown.contains("(set, not shown)"), "{shown}");
    assert!(shown.contains("are sent in clear") && !shown.contains("s3cr3t"), "{shown}");
}
