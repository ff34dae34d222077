//! The release binary, built by the benchmark itself, so that it is never an old one that is measured.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use cargo_metadata::Message;

/// Builds `tessera` as it is released, with the cargo that built this, and says where it lies.
pub fn build() -> anyhow::Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--package", "tessera-server", "--bin", "tessera"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "tessera cannot be built");
    let messages = Message::parse_stream(output.stdout.as_slice());
    let mut executables = messages.filter_map(|message| match message {
        Ok(Message::CompilerArtifact(artifact)) if artifact.target.name == "tessera" => artifact.executable,
        _ => None,
    });
    Ok(executables.next().context("cargo names no binary")?.into_std_path_buf())
}
