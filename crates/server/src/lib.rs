//! The `tessera` binary as a library: configuration, command line, and the one place where all parts are put together.
//!
//! `main.rs` runs [`cli::main`]; the end-to-end tests [`start`] the same server on a free port, with a clock of theirs. Who
//! brings a repository of their own passes it to either as one of the [`Overrides`]. The benchmark [`assemble`]s the same
//! parts behind one more route.

mod accounts_file;
mod allocator;
pub mod cli;
mod commands;
pub mod config;
mod descriptors;
mod log;
mod metrics;
mod output;
mod private_file;
mod run;
mod secret_file;
mod spans;
mod wiring;

pub use run::{RunningServer, assemble, start};
pub use wiring::{Overrides, Storages, Wired};
