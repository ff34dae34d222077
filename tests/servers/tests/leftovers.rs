//! Nothing is left of the servers, whatever becomes of the process that started them.

#![cfg(test)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tessera_test_servers::redis;

/// By when everything is gone, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn listens(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }
}

fn start() -> (Child, Vec<Server>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_start-servers"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines().take(2);
    let servers = lines.map(|line| {
        let line = line.expect("text");
        let (folder, port) = line.split_once(' ').expect("a folder and a port");
        Server { folder: folder.into(), port: port.parse().expect("a port") }
    });
    let servers = servers.collect();
    (child, servers)
}

fn assert_gone(servers: &[Server], how: &str) {
    let deadline = Instant::now() + PATIENCE;
    for server in servers {
        while server.listens() || server.folder.exists() {
            assert!(Instant::now() < deadline, "{how} leaves {}", server.folder.display());
            thread::yield_now();
        }
    }
}

#[test]
fn whichever_way_the_process_ends() {
    for how in ["return", "panic", "exit"] {
        let (mut child, servers) = start();
        assert!(servers.len() == 2 && servers.iter().all(Server::listens));
        writeln!(child.stdin.take().expect("piped"), "{how}").expect("told");
        child.wait().expect("it ends");
        assert_gone(&servers, how);
    }
}

#[test]
fn not_even_after_a_kill() {
    let (mut child, servers) = start();
    child.kill().expect("killed");
    child.wait().expect("gone");
    assert_gone(&servers, "SIGKILL");
}

#[test]
fn a_server_that_was_killed_starts_again_with_what_it_had_saved() {
    let mut server = redis::Process::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let url = server.url().to_owned();
    assert_eq!(server.ask(&["SET", "name", "tessera"]), "+OK\r\n");
    server.kill();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).is_err());
    server.start_again(&["--appendonly", "yes"]);
    assert_eq!((server.url(), server.ask(&["STRLEN", "name"]).as_str()), (url.as_str(), ":7\r\n"));
}
