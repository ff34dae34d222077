//! `tessera migrate`: the schema, for those who bring it up to date before they let new instances in.

use super::block_on;
use crate::config::Config;
use crate::wiring::Overrides;
use crate::{log, output};

/// Opens the storage, which brings its schema up to date, and closes it.
pub fn migrate(config: &Config, overrides: &Overrides) -> anyhow::Result<()> {
    let _log = log::start(&config.logging)?;
    block_on(async { overrides.open(config).await?.close().await })?;
    Ok(output::print("The database schema is up to date.")?)
}
