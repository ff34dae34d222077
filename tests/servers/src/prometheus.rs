//! A Prometheus to ask about what it has read.
//!
//! There is none to name instead of it: it would have read more than what a test has to do with.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::guardian::{Guardian, until_ready};
use crate::{ATTEMPTS, free_port};

const NOT_INSTALLED: &str =
    "Prometheus is not installed. On Debian and Ubuntu: apt-get install -y --no-install-recommends prometheus";

/// A running server. It ends with its test.
pub struct Prometheus {
    url: String,
    child: Child,
    guardian: Option<Guardian>,
    _folder: TempDir,
}

impl Prometheus {
    /// One that does what these files say, each with its name: `prometheus.yaml`, and those that it names.
    pub fn start(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("tessera-prometheus-").tempdir().expect("a folder");
        for (name, content) in files {
            fs::write(folder.path().join(name), content).expect("written");
        }
        let path = folder.path().to_str().expect("a path in UTF-8");
        let guardian = Guardian::start(Command::new("sh"), r#"rm -rf "$1"; kill -9 0"#, &[path]);
        let started = (0..ATTEMPTS).find_map(|_| {
            let port = free_port();
            Some((spawn(port, folder.path(), &guardian)?, port))
        });
        let (child, port) = started.expect("Prometheus starts on some free port, and understands its files");
        Self { url: format!("http://127.0.0.1:{port}"), child, guardian: Some(guardian), _folder: folder }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.guardian.take());
        let _ = self.child.wait();
    }
}

/// Starts a server, in the group that the guardian takes along, and waits until it says that it is ready; nothing if it
/// ends before. It goes on to write to its log, which is a file: it would not survive a pipe that nobody reads.
fn spawn(port: u16, folder: &Path, guardian: &Guardian) -> Option<Child> {
    let log = folder.join("log");
    let mut command = Command::new("prometheus");
    command.arg("--config.file=prometheus.yaml").arg("--storage.tsdb.path=data");
    command.arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).expect("a log"));
    let child = command.process_group(guardian.group()).spawn().expect(NOT_INSTALLED);
    let logged = || fs::read_to_string(&log).expect("a log in UTF-8");
    until_ready(child, || logged().contains("ready to receive web requests"))
}
