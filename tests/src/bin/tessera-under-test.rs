//! The program itself, built beside the tests that kill it.

use std::process::ExitCode;

use tessera_server::Overrides;

fn main() -> ExitCode {
    tessera_server::cli::main(&Overrides::default())
}
