//! A connection pooler before a server.

use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};

use super::cluster::{Cluster, as_owner};
use crate::guardian::{Guardian, until_ready};
use crate::{ATTEMPTS, free_port};

const NOT_STARTED: &str =
    "PgBouncer does not start. On Debian and Ubuntu: apt-get install -y --no-install-recommends pgbouncer";

/// A running `PgBouncer`. It ends with its test.
pub struct Pooler {
    url: String,
    child: Child,
    guardian: Option<Guardian>,
}

impl Pooler {
    /// One before this server, with these settings (`name=value`).
    pub fn before(cluster: &Cluster, settings: &[&str]) -> Self {
        let guardian = Guardian::of_a_group();
        let started = (0..ATTEMPTS).find_map(|_| {
            let port = free_port();
            Some((spawn(cluster, port, settings, &guardian)?, port))
        });
        let (child, port) = started.expect(NOT_STARTED);
        let url = cluster.url().replace(&format!(":{}/", cluster.port()), &format!(":{port}/"));
        Self { url, child, guardian: Some(guardian) }
    }

    /// The database behind it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.guardian.take());
        let _ = self.child.wait();
    }
}

/// Starts one, in the group that the guardian takes along, and waits until it listens; nothing if it ends before.
fn spawn(cluster: &Cluster, port: u16, settings: &[&str], guardian: &Guardian) -> Option<Child> {
    let name = format!("pgbouncer-{port}");
    let server = format!("* = host=127.0.0.1 port={}", cluster.port());
    let (listens, users) = (format!("listen_port={port}"), format!("auth_file={name}.users"));
    let mut lines = vec!["[databases]", &server, "[pgbouncer]", "listen_addr=127.0.0.1", &listens, "unix_socket_dir="];
    lines.extend(["auth_type=trust", &users]);
    lines.extend(settings);
    cluster.append(&format!("{name}.users"), r#""postgres" """#);
    cluster.append(&format!("{name}.ini"), &lines.join("\n"));
    // Debian keeps it where not everybody looks for programs.
    let script = r#"cd "$1/data" && PATH="$PATH:/usr/sbin" exec pgbouncer -q "$2.ini""#;
    let mut command = as_owner("sh");
    command.args(["-c", script, "sh"]).arg(cluster.folder()).arg(&name).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(guardian.group());
    until_ready(command.spawn().expect("a shell"), || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
}
