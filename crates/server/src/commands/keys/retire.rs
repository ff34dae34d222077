//! `tessera keys retire`: the end of a key ahead of its time.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, anyhow, ensure};
use tessera_domain::{KeyId, KeyState};
use tessera_services::signing_keys::{KeyRotation, RetireKeyError, RetiredKey};

use super::with_keys;
use crate::config::Config;
use crate::output;
use crate::wiring::Overrides;

/// Which key, and how.
#[derive(clap::Args)]
pub struct RetireKey {
    /// Its name, as `tessera keys list` prints it
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    kid: String,
    /// Retire it also if it is the one that signs: another signs in its place at once
    #[arg(long)]
    now: bool,
    /// Do not ask whether that is meant
    #[arg(long)]
    yes: bool,
}

/// Retires a key. What it signed is refused by servers on the same storage from the next second on.
pub fn retire_key(config: &Config, overrides: &Overrides, what: &RetireKey) -> anyhow::Result<()> {
    let id = KeyId::parse(&what.kid).map_err(|problem| anyhow!("KID {problem}"))?;
    let retired = with_keys(config, overrides, async |keys| {
        confirm(keys, &id, what).await?;
        let retired = if what.now { keys.replace(&id).await } else { keys.retire(&id).await };
        retired.map_err(explain)
    })?;
    Ok(output::print(&report(&id, &retired))?)
}

/// Says what would happen, and asks, unless nobody would notice.
async fn confirm(keys: &KeyRotation, id: &KeyId, what: &RetireKey) -> anyhow::Result<()> {
    let (schedule, now) = keys.list().await?;
    let state = schedule.find(id).map(|key| schedule.state(key, now));
    let is_noticed = match state {
        Some(KeyState::Active { .. }) => what.now,
        Some(KeyState::Retiring { .. }) => true,
        Some(KeyState::Next { .. } | KeyState::Retired { .. }) | None => false,
    };
    if what.yes || !is_noticed {
        return Ok(());
    }
    let meant = format!(
        "Every token that {id} signed is refused from the next second on, refresh tokens too: whoever has one has to log \
         in again."
    );
    ensure!(io::stdin().is_terminal(), "{meant} Say --yes if that is meant");
    write!(io::stdout().lock(), "{meant} Go on? [y/N] ")?;
    io::stdout().lock().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("no answer can be read")?;
    ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was changed");
    Ok(())
}

/// What an operator can do about it.
fn explain(error: RetireKeyError) -> anyhow::Error {
    match error {
        RetireKeyError::Unknown(_) => anyhow!("{error}; `tessera keys list` prints those that there are"),
        RetireKeyError::Signing(_) => anyhow!(
            "{error}. Have another one sign with `tessera keys rotate` first; or, if it has leaked, add --now, and it is \
             replaced at once"
        ),
        other => other.into(),
    }
}

fn report(id: &KeyId, RetiredKey { was, signing }: &RetiredKey) -> String {
    match was {
        KeyState::Next { .. } => format!("Withdrew the key {id}, which has signed nothing. {signing} goes on signing."),
        _ => format!("Retired the key {id}: what it signed is refused. {signing} signs."),
    }
}
