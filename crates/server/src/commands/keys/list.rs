//! `tessera keys list`: which keys there are, and what they are at the moment.

use serde_json::json;
use tessera_domain::{KeySchedule, KeyState, SigningKey, Timestamp};

use super::with_keys;
use crate::config::Config;
use crate::output;
use crate::wiring::Overrides;

/// How to print keys.
#[derive(clap::Args)]
pub struct ListKeys {
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Prints every key, in the order in which they sign.
pub fn list_keys(config: &Config, overrides: &Overrides, how: &ListKeys) -> anyhow::Result<()> {
    let (schedule, now) = with_keys(config, overrides, async |keys| Ok(keys.list().await?))?;
    if !how.json {
        output::print(&columns(["KID", "ALGORITHM", "STATE", "SINCE", "UNTIL"]))?;
    }
    for key in schedule.keys() {
        let row = Row::of(key, &schedule, now);
        output::print(&if how.json { row.as_json() } else { row.as_text() })?;
    }
    Ok(())
}

/// A key at one moment.
struct Row<'a> {
    key: &'a SigningKey,
    state: KeyState,
    since: Timestamp,
    until: Option<Timestamp>,
}

impl<'a> Row<'a> {
    fn of(key: &'a SigningKey, schedule: &KeySchedule, now: Timestamp) -> Self {
        let state = schedule.state(key, now);
        let (since, until) = match state {
            KeyState::Next { from } => (key.created_at, Some(from)),
            KeyState::Active { since } => (since, schedule.next(now).map(|next| next.active_from)),
            KeyState::Retiring { since, until } => (since, Some(until)),
            KeyState::Retired { since } => (since, None),
        };
        Self { key, state, since, until }
    }

    fn as_json(&self) -> String {
        let until = self.until.map(|until| until.to_string());
        json!({
            "kid": self.key.id.as_str(),
            "algorithm": self.key.algorithm.name(),
            "state": self.state.name(),
            "since": self.since.to_string(),
            "until": until,
        })
        .to_string()
    }

    fn as_text(&self) -> String {
        let whole = |moment: Timestamp| moment.whole_seconds().to_string();
        let (since, until) = (whole(self.since), self.until.map_or("-".to_owned(), whole));
        columns([self.key.id.as_str(), self.key.algorithm.name(), self.state.name(), &since, &until])
    }
}

fn columns([id, algorithm, state, since, until]: [&str; 5]) -> String {
    format!("{id:43}  {algorithm:9}  {state:8}  {since:20}  {until}")
}
