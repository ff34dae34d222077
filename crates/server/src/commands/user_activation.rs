//! `tessera user disable` and `tessera user enable`: whether an account may be used at all.

use anyhow::anyhow;
use tessera_domain::{Email, User};

use super::block_on;
use crate::config::Config;
use crate::wiring::{self, Overrides, Surroundings};
use crate::{log, output};

/// Which account.
#[derive(clap::Args)]
pub struct AccountAddress {
    /// Its address
    #[arg(value_name = "EMAIL")]
    email: String,
}

/// Disables an account. Servers on the same storage that are running refuse its tokens from the next second on.
pub fn disable_user(config: &Config, overrides: &Overrides, account: &AccountAddress) -> anyhow::Result<()> {
    let user = set_active(config, overrides, account, false)?;
    let ended = "Its sessions have ended, and so have its links";
    Ok(output::print(&format!("Disabled the account {} of {}. {ended}.", user.id, user.email))?)
}

/// Enables an account. Its owner has to log in again.
pub fn enable_user(config: &Config, overrides: &Overrides, account: &AccountAddress) -> anyhow::Result<()> {
    let user = set_active(config, overrides, account, true)?;
    Ok(output::print(&format!("Enabled the account {} of {}.", user.id, user.email))?)
}

fn set_active(
    config: &Config,
    overrides: &Overrides,
    account: &AccountAddress,
    is_active: bool,
) -> anyhow::Result<User> {
    let _log = log::start(&config.logging)?;
    let email = Email::parse(&account.email).map_err(|problem| anyhow!("EMAIL {problem}"))?;
    let set = block_on(async {
        let storages = overrides.open(config).await?;
        let around = Surroundings::new(&config.passwords, overrides)?;
        let revoked = wiring::mirror(&storages, &around);
        let set = wiring::activation(config, &storages, &around, revoked).set_named_active(&email, is_active).await;
        storages.close().await?;
        Ok(set?)
    })?;
    set.ok_or_else(|| anyhow!("there is no account with the address {email}"))
}
