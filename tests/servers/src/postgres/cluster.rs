//! A private PostgreSQL server.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::guardian::Guardian;
use crate::{ATTEMPTS, free_port};

const NOT_INSTALLED: &str = "PostgreSQL is not installed, and TEST_DATABASE_URL names no server. \
    On Debian and Ubuntu: apt-get install -y --no-install-recommends postgresql";

/// A running server.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    url: String,
    _guardian: Guardian,
}

impl Cluster {
    /// Makes a cluster and starts it, with these settings (`name=value`).
    pub fn start(settings: &[&str]) -> Self {
        let programs = programs();
        let folder = text_of(as_owner("mktemp").args(["-d", "-t", "tessera-postgres-XXXXXXXX"]));
        let stop = r#""$1" -D "$2/data" -m immediate -w -s stop; rm -rf "$2""#;
        let pg_ctl = programs.join("pg_ctl");
        let guardian = Guardian::start(as_owner("sh"), stop, &[pg_ctl.to_str().expect("a path in UTF-8"), &folder]);
        let folder = PathBuf::from(folder);
        let mut initdb = as_owner(programs.join("initdb"));
        initdb.args(["--auth=trust", "--no-sync", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"]);
        text_of(initdb.arg(folder.join("data")));

        let mut cluster = Self { programs, folder, port: 0, url: String::new(), _guardian: guardian };
        let is_started = (0..ATTEMPTS).any(|_| {
            cluster.port = free_port();
            cluster.configure(settings);
            cluster.pg_ctl(&["start"])
        });
        assert!(is_started, "the server does not start; its log says:\n{}", cluster.log());
        cluster.url = format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port);
        cluster
    }

    /// Its only database, as its superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that it is in, with its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has `pg_ctl` do something with the server, waits until it is done, and returns whether it was.
    pub fn pg_ctl(&self, arguments: &[&str]) -> bool {
        let mut command = as_owner(self.programs.join("pg_ctl"));
        command.args(["-w", "-s", "-D"]).arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log"));
        // The server inherits what it is given: a pipe would stay open for as long as it lives.
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().expect("pg_ctl can be executed").success()
    }

    /// Durability beyond the death of a process is left out: no test takes the power away.
    fn configure(&self, settings: &[&str]) {
        let port = format!("port={}", self.port);
        let sockets = format!("unix_socket_directories='{}'", self.folder.display());
        let ours = [&port, &sockets, "listen_addresses='127.0.0.1'", "fsync=off", "max_connections=200"];
        let lines: Vec<&str> = ours.iter().chain(settings).copied().collect();
        self.append("postgresql.conf", &lines.join("\n"));
    }

    /// Adds lines to a file beside the data, which only the server can read.
    pub fn append(&self, file: &str, lines: &str) {
        let script = r#"umask 077; printf '%s\n' "$2" >> "$1""#;
        let mut write = as_owner("sh");
        text_of(write.args(["-c", script, "sh"]).arg(self.folder.join("data").join(file)).arg(lines));
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

/// The folder of the server's programs. Debian keeps them where nobody looks for programs; elsewhere they are found
/// by their names.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.map(|version| version.path()).max_by_key(|path| number(path));
    let programs = newest.map_or_else(PathBuf::new, |version| version.join("bin"));
    let answers = Command::new(programs.join("initdb")).arg("--version").stdout(Stdio::null()).status();
    assert!(answers.is_ok_and(|status| status.success()), "{NOT_INSTALLED}");
    programs
}

/// A command in the name of somebody whom the server is content with: it refuses to run as root.
pub(super) fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command;
    if is_root {
        command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
    } else {
        command = Command::new(program);
    }
    command.current_dir("/");
    command
}

/// Executes a command that must succeed, and returns what it printed.
fn text_of(command: &mut Command) -> String {
    let output = command.output().expect("it can be executed");
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
