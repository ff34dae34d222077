//! What the binary can do, one command a file.

mod config_check;
mod doctor;
mod healthcheck;
mod keys;
mod migrate;
mod password_input;
mod serve;
mod signals;
mod user_activation;
mod user_create;
mod user_export;
mod user_import;
mod user_list;

use std::time::Duration;

use anyhow::Context as _;

pub use config_check::check_config;
pub use doctor::{Doctor, examine};
pub use healthcheck::{HealthCheck, check_health};
pub use keys::{KeysCommand, list_keys, retire_key, rotate_keys};
pub use migrate::migrate;
pub use serve::serve;
pub use user_activation::{AccountAddress, disable_user, enable_user};
pub use user_create::{CreateUser, create_user};
pub use user_export::{ExportUsers, export_users};
pub use user_import::{ImportUsers, import_users};
pub use user_list::{ListUsers, list_users};

/// What can be done with accounts.
#[derive(clap::Subcommand)]
pub enum UserCommand {
    /// Make an account; the password is asked for, or read as one line from standard input
    Create(CreateUser),
    /// List the accounts, oldest first
    List(ListUsers),
    /// Disable an account: its sessions and links end, and nobody can log in to it
    Disable(AccountAddress),
    /// Enable an account that was disabled
    Enable(AccountAddress),
    /// Bring accounts along from another system or installation, with the hashes of their passwords
    Import(ImportUsers),
    /// Write all accounts to a file that `import` reads
    Export(ExportUsers),
}

/// How long to wait for a blocking call of the operating system when everything else is done.
const PARTING: Duration = Duration::from_secs(1);

/// Runs a command to its end. Requests have threads of their own; what runs here is the background, and a start.
fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_stack_size(1 << 20)
        .thread_keep_alive(Duration::from_secs(1))
        .enable_all()
        .build()
        .context("the threads of the program cannot be started")?;
    let done = runtime.block_on(command);
    // The name of a mail server may still be looked up, which nothing interrupts.
    runtime.shutdown_timeout(PARTING);
    done
}
