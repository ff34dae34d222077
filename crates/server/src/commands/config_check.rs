//! `tessera config check`: the settings in force.

use crate::config::Config;
use crate::output;

/// Prints every setting with its value and origin. That it gets this far means that all of them are good.
pub fn check_config(config: &Config) -> anyhow::Result<()> {
    let settings = config.describe();
    let width = |text: fn(&(&str, String, _)) -> usize| settings.iter().map(text).max().unwrap_or(0);
    let (names, values) = (width(|(name, _, _)| name.len()), width(|(_, value, _)| value.len()));
    let mut lines: Vec<_> =
        settings.iter().map(|(name, value, origin)| format!("{name:names$}  {value:values$}  ({origin})")).collect();
    lines.extend(config.warnings.iter().map(|warning| format!("warning: {warning}")));
    Ok(output::print(&lines.join("\n"))?)
}
