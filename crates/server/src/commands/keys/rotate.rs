//! `tessera keys rotate`: another key.

use tessera_services::signing_keys::{Haste, KEY_SET_MAX_AGE, RotatedKey};

use super::with_keys;
use crate::config::Config;
use crate::output;
use crate::wiring::Overrides;

/// How soon.
#[derive(clap::Args)]
pub struct RotateKeys {
    /// Have it sign as soon as the servers know it, in seconds. Services that keep the key set refuse its tokens until they
    /// ask for it again
    #[arg(long)]
    now: bool,
}

/// Has another key sign, and says which and when.
pub fn rotate_keys(config: &Config, overrides: &Overrides, how: &RotateKeys) -> anyhow::Result<()> {
    let haste = if how.now { Haste::AtOnce } else { Haste::Announced };
    let rotated = with_keys(config, overrides, async |keys| Ok(keys.rotate(haste).await?))?;
    Ok(output::print(&report(&rotated, haste))?)
}

fn report(RotatedKey { id, active_from, predecessor, is_new }: &RotatedKey, haste: Haste) -> String {
    let what = if *is_new { "Made and published the key" } else { "The key that waits is" };
    let warning = match haste {
        Haste::Announced => String::new(),
        Haste::AtOnce => format!(
            "\nWarning: services that keep the key set may refuse its tokens for up to {} minutes, unless they ask for it \
             again when they see a key that they do not know.",
            KEY_SET_MAX_AGE.as_secs() / 60,
        ),
    };
    let from = active_from.whole_seconds();
    format!(
        "{what} {id}. It signs from {from} on; what {predecessor} signs until then counts until it expires.{warning}"
    )
}
