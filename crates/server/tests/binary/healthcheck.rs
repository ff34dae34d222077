//! The question that a container asks of itself.
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use rustix::process::Signal;

use crate::installation::Installation;

#[test]
fn a_server_that_answers_is_well() {
    let installation = Installation::new();
    // As in a container: it listens everywhere, and is asked from within.
    let server = installation.serve(&["--listen-addr", "0.0.0.0:0"]);
    for question in [&["healthcheck"][..], &["healthcheck", "--ready"]] {
        let done = installation.run(&[question, &["--listen-addr", &server.addr]].concat());
        assert_eq!(done.succeeded(), "ok\n");
    }
    let addr = server.addr.clone();
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
    let error = installation.run(&["healthcheck", "--listen-addr", &addr]).failed();
    assert!(error.contains("does not answer (LISTEN_ADDR)"), "{error}");
}

#[test]
fn any_other_answer_than_200_is_told() {
    let installation = Installation::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound").to_string();
    let answers = thread::spawn(move || {
        for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "220 mail.example.com ESMTP\r\n", ""] {
            let (mut connection, _) = listener.accept().expect("asked");
            let mut question = [0; 16];
            connection.read_exact(&mut question).expect("a question");
            assert!(question.starts_with(b"GET /readyz"));
            connection.write_all(answer.as_bytes()).expect("answered");
        }
    });
    let ask = || installation.run(&["healthcheck", "--ready", "--listen-addr", &addr]).failed();
    let error = ask();
    assert!(error.contains("/readyz is answered with 503"), "{error}");
    for _ in 0..2 {
        let error = ask();
        assert!(error.contains("does not answer"), "{error}");
    }
    answers.join().expect("no panic");
}

#[test]
fn nobody_is_asked_where_nobody_knows_the_port() {
    let error = Installation::new().run(&["healthcheck"]).failed();
    assert!(error.contains("port 0 in LISTEN_ADDR"), "{error}");
}
