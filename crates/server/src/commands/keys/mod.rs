//! `tessera keys`: the signing keys, for whoever runs the service. Servers on the same storage that are running follow
//! within a second.

mod list;
mod retire;
mod rotate;

use anyhow::bail;
use tessera_domain::Algorithm;
use tessera_services::signing_keys::KeyRotation;

pub use list::{ListKeys, list_keys};
pub use retire::{RetireKey, retire_key};
pub use rotate::{RotateKeys, rotate_keys};

use super::block_on;
use crate::config::Config;
use crate::log;
use crate::wiring::{self, Overrides};

/// What can be done with signing keys.
#[derive(clap::Subcommand)]
pub enum KeysCommand {
    /// List the keys, oldest first: what each of them is, since when, and until when
    List(ListKeys),
    /// Have another key sign: it is made and published now, and signs when everybody knows it
    Rotate(RotateKeys),
    /// End a key ahead of its time, as when it has leaked: what it signed is refused
    Retire(RetireKey),
}

/// Does something with the keys of the installation, which are made if there are none yet.
fn with_keys<T>(
    config: &Config,
    overrides: &Overrides,
    work: impl AsyncFnOnce(&KeyRotation) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let _log = log::start(&config.logging)?;
    refuse_a_shared_secret(config)?;
    block_on(async {
        let storages = overrides.open(config).await?;
        let done = match wiring::key_rotation(config, &storages, &overrides.clock()).await {
            Ok(keys) => work(&keys).await,
            Err(error) => Err(error),
        };
        storages.close().await?;
        done
    })
}

/// There is nothing of ours to rotate then.
fn refuse_a_shared_secret(config: &Config) -> anyhow::Result<()> {
    if config.tokens.algorithm != Algorithm::Hs256 {
        return Ok(());
    }
    let days = config.tokens.lifetimes.session.idle.as_secs().div_ceil(24 * 60 * 60);
    bail!(
        "with JWT_ALGORITHM=HS256 tokens are signed with SECRET_KEY itself, and there are no keys to manage. To change it, \
         put its value into SECRET_KEY_PREVIOUS and a new one into SECRET_KEY, give both to whoever verifies tokens, and \
         restart every instance. After {days} days nothing that the old one signed is left: remove SECRET_KEY_PREVIOUS. If \
         it has leaked, leave that out from the start"
    )
}
