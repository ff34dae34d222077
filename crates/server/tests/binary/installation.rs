//! The binary in a folder of its own, run to its end or until it is told to stop.
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A folder of its own, as its working directory; nothing of the environment of the tests gets in.
pub struct Installation(TempDir);

impl Installation {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command.env("BCRYPT_COST", "4").env("LISTEN_ADDR", "127.0.0.1:0").env("WORKERS", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        Done::from(self.command(arguments).output().expect("it runs"))
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Done {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("piped");
        let _it_may_have_ended_without_reading = stdin.write_all(input.as_bytes());
        drop(stdin);
        Done::from(child.wait_with_output().expect("it ends"))
    }

    pub fn create_user(&self, arguments: &[&str], password: &str) -> Done {
        self.run_with_input(&[&["user", "create"], arguments].concat(), &format!("{password}\n"))
    }

    pub fn serve(&self, arguments: &[&str]) -> Serving {
        Serving::start(self.command(arguments))
    }
}

#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Done {
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    pub fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.err.lines().last().is_some_and(|line| !line.contains("panicked")), "{self:?}");
        self.err
    }
}

/// A server that says that it listens.
pub struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
    pub addr: String,
}

impl Serving {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let err = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("readable");
        let addr = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next());
        let addr = addr.unwrap_or_else(|| panic!("it says where it listens, and not {line:?}")).to_owned();
        Self { child, out, err, addr }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("sent");
    }

    /// Reads the log up to a line that holds `text`.
    pub fn wait_for_log(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.err.read_line(&mut line).expect("readable"), 0, "it never said {text:?}");
        }
    }

    pub fn end(mut self) -> Done {
        let (mut out, mut err) = (String::new(), String::new());
        self.err.read_to_string(&mut err).expect("readable");
        self.out.read_to_string(&mut out).expect("readable");
        Done { code: self.child.wait().expect("it ends").code(), out, err }
    }
}

impl Drop for Serving {
    /// A test that fails leaves no server behind.
    fn drop(&mut self) {
        let _it_has_ended = self.child.kill();
        let _nothing_to_reap = self.child.wait();
    }
}
