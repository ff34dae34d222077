//! The `tessera` binary.

use std::process::ExitCode;

use tessera_server::Overrides;

fn main() -> ExitCode {
    tessera_server::cli::main(&Overrides::default())
}
