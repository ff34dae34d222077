//! Tessera with a repository of somebody else's: one-time tokens are kept in memory, all the rest where it always is.
//!
//! `tokens.rs` is the repository, this file puts it in its place, and the tests below are the published suite of its port
//! and one look at the wiring. `docs/swapping-repositories.md` explains it.
//!
//! ```text
//! cargo run -p tessera-server --example own_repository
//! ```

mod tokens;

use std::process::ExitCode;
use std::sync::Arc;

use tessera_repositories::OneTimeTokenRepository;
use tessera_server::{Overrides, cli};

use crate::tokens::MemoryOneTimeTokens;

/// The whole program, with every command and setting.
fn main() -> ExitCode {
    cli::main(&overrides(Arc::new(MemoryOneTimeTokens::default())))
}

/// The repository in the place of the one that the configuration chose.
fn overrides(tokens: Arc<dyn OneTimeTokenRepository>) -> Overrides {
    Overrides::with_storages(move |storages| storages.one_time_tokens = Arc::clone(&tokens))
}

#[cfg(test)]
mod contract {
    use super::*;

    tessera_repositories::one_time_token_contract!(async {
        (Arc::new(MemoryOneTimeTokens::default()) as Arc<dyn OneTimeTokenRepository>, ())
    });
}

#[cfg(test)]
mod wiring;
