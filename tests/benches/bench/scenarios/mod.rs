//! What is measured, one file a question, and the servers that the questions are asked of.

pub mod growth;
pub mod login;
pub mod one_time;
pub mod peers;
pub mod refresh;
pub mod refresh_postgres;
mod seed;
pub mod startup;
mod storage;
pub mod user_tokens;
pub mod validation;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tessera_test_servers::postgres::Cluster;
use tessera_test_servers::redis::Process;

use crate::cores::{Cores, Place};
use crate::server::Server;

/// The cost of password hashes where logins are only a means: the lowest, to be done with them.
pub const CHEAP: u32 = 4;

/// The limits on what the scenarios do.
const COUNTED: [&str; 5] = [
    "RATE_LIMIT_PASSWORDS",
    "RATE_LIMIT_PASSWORDS_PER_ADDRESS",
    "RATE_LIMIT_PASSWORDS_PER_ACCOUNT",
    "RATE_LIMIT_TOKENS",
    "RATE_LIMIT_REGISTRATIONS",
];

/// The program, built beside the benchmark with the profile that it is released with.
pub const TESSERA: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// Where the scenarios play.
pub struct Stage {
    pub cores: Cores,
    /// On the disk that the build is on: a file system in memory would commit for nothing.
    pub folder: TempDir,
}

impl Stage {
    /// The floor.
    pub fn floor(&self) -> anyhow::Result<Server> {
        Server::start(Command::new(std::env::current_exe()?).arg("serve-floor"), &self.cores, Place::ServerCore)
    }

    /// Tessera with a protected route that does nothing, on the data in `folder`.
    pub fn protected(&self, folder: &Path, bcrypt_cost: u32, place: Place) -> anyhow::Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve-protected").arg(folder).arg(bcrypt_cost.to_string());
        Server::start(&mut command, &self.cores, place)
    }

    /// The release binary on the data in `folder`, with default settings but for the cost of its hashes, and for limits that
    /// count everything and are met by nobody.
    pub fn tessera(&self, folder: &Path, place: Place) -> anyhow::Result<Server> {
        self.tessera_with(folder, place, &[])
    }

    /// The same with these settings besides.
    pub fn tessera_with(&self, folder: &Path, place: Place, settings: &[(&str, &str)]) -> anyhow::Result<Server> {
        let mut command = Command::new(TESSERA);
        command.env_clear().current_dir(folder).env("DATA_DIR", folder);
        command.envs([("LISTEN_ADDR", "127.0.0.1:0"), ("LOG_FORMAT", "json"), ("BCRYPT_COST", &CHEAP.to_string())]);
        command.envs(COUNTED.map(|name| (name, "1000000/1s"))).envs(settings.iter().copied());
        Server::start(&mut command, &self.cores, place)
    }

    /// A PostgreSQL of our own on the server's core, durable as an installation has it.
    pub fn postgres(&self) -> anyhow::Result<Cluster> {
        self.cores.at(Place::ServerCore, || Cluster::start(&["fsync=on"]))
    }

    /// A Redis of our own, which saves nothing.
    pub fn redis(&self, place: Place) -> anyhow::Result<Process> {
        self.cores.at(place, || Process::start(&[]))
    }

    /// An empty folder. It goes with the stage.
    pub fn new_folder(&self) -> anyhow::Result<PathBuf> {
        Ok(tempfile::tempdir_in(&self.folder)?.keep())
    }
}
