//! A Redis server to test against.
//!
//! It is the one that `TEST_REDIS_URL` names, or else a private one that this test process starts once and that ends
//! with it, see [`Process`]. Tests run in parallel and share it: the keys of each begin with a [`Prefix`] of its own, and
//! none of them may flush it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use deadpool_redis::redis::{Client, Connection, Value, cmd};
use tempfile::TempDir;

use crate::guardian::Guardian;
use crate::{ATTEMPTS, free_port, given, unique_name};

const NOT_INSTALLED: &str = "Redis is not installed, and TEST_REDIS_URL names no server. \
    On Debian and Ubuntu: apt-get install -y --no-install-recommends redis-server";

/// Nothing is saved unless a test asks for it.
const SETTINGS: [&str; 6] = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];

/// A server that somebody else takes care of, or one of ours.
pub enum Server {
    /// The one of `TEST_REDIS_URL`.
    Given(String),
    /// One that ends with us.
    Private(Process),
}

impl Server {
    /// The server of this test process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| match given("TEST_REDIS_URL") {
            Some(url) => Self::Given(url),
            None => Self::Private(Process::start(&[])),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Private(process) => process.url(),
        }
    }
}

/// What the names of the keys of one test begin with. They are deleted with it.
pub struct Prefix(String);

impl Prefix {
    /// One that nobody else has, on the server of this test process.
    pub fn fresh() -> Self {
        Self(format!("{}:", unique_name()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything that is kept under it: names and values.
    pub fn content(&self) -> Vec<u8> {
        let mut connection = connect();
        let mut bytes = Vec::new();
        for key in self.keys(&mut connection) {
            let kind: String = cmd("TYPE").arg(&key).query(&mut connection).expect("a type");
            let mut read = match kind.as_str() {
                "hash" => cmd("HGETALL"),
                "zset" => cmd("ZRANGE"),
                _ => cmd("GET"),
            };
            read.arg(&key);
            if kind == "zset" {
                read.arg(0).arg(-1);
            }
            collect(&read.query(&mut connection).expect("a value"), &mut bytes);
            bytes.extend(key.into_bytes());
        }
        bytes
    }

    fn keys(&self, connection: &mut Connection) -> Vec<String> {
        cmd("KEYS").arg(format!("{}*", self.0)).query(connection).expect("names of keys")
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        let mut connection = connect();
        for key in self.keys(&mut connection) {
            cmd("DEL").arg(key).query::<()>(&mut connection).expect("deleted");
        }
    }
}

fn connect() -> Connection {
    let client = Client::open(Server::shared().url()).expect("a URL");
    client.get_connection().expect("a connection")
}

fn collect(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::BulkString(text) => bytes.extend(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, bytes)),
        _ => {}
    }
}

/// A running server of our own, for tests that stop it, fill it or take its memory away.
pub struct Process {
    port: u16,
    url: String,
    child: Child,
    guardian: Option<Guardian>,
    folder: TempDir,
}

impl Process {
    /// Starts one, with these arguments besides: `["--maxmemory", "1mb"]`.
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("tessera-redis-").tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a path in UTF-8");
        // The folder first: what is still running then has nowhere to write to.
        let guardian = Guardian::start(Command::new("sh"), r#"rm -rf "$1"; kill -9 0"#, &[path]);
        let started = (0..ATTEMPTS).find_map(|_| {
            let port = free_port();
            Some((spawn(port, folder.path(), &guardian, arguments)?, port))
        });
        let (child, port) = started.expect("Redis starts on some free port");
        Self { port, url: format!("redis://127.0.0.1:{port}"), child, guardian: Some(guardian), folder }
    }

    /// Where it is; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that it saves to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Has it do something, and returns its answer as it is on the wire.
    pub fn ask(&self, words: &[&str]) -> String {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        write!(connection, "*{}\r\n", words.len()).expect("sent");
        for word in words {
            write!(connection, "${}\r\n{word}\r\n", word.len()).expect("sent");
        }
        connection.shutdown(Shutdown::Write).expect("said");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer in text");
        answer
    }

    /// Kills it with `SIGKILL`, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Starts it again after it was killed, at the same place, with what it finds saved there.
    pub fn start_again(&mut self, arguments: &[&str]) {
        let guardian = self.guardian.as_ref().expect("there until the end");
        self.child = spawn(self.port, self.folder.path(), guardian, arguments).expect("Redis starts on its old port");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guardian.take());
        let _ = self.child.wait();
    }
}

/// Starts a server, in the group that the guardian takes along, and waits until it says that it is ready; nothing if it
/// ends before.
fn spawn(port: u16, folder: &Path, guardian: &Guardian, arguments: &[&str]) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string()]).args(SETTINGS).arg("--dir").arg(folder).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.process_group(guardian.group()).spawn().expect(NOT_INSTALLED);
    let log = BufReader::new(child.stdout.take().expect("piped"));
    let is_ready = log.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept connections"));
    if !is_ready {
        let _ = child.wait();
    }
    is_ready.then_some(child)
}
