//! The program itself, built beside the tests that kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tessera_server::cli::main()
}
