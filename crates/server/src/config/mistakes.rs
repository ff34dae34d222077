//! Collecting what is wrong with the settings, so that all of it is told at once.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use tessera_domain::is_control;

use super::environment::Origin;

/// One setting that cannot be used. It never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    setting: String,
    problem: String,
    accepted: Option<String>,
}

impl Mistake {
    /// Something about the `.env` file itself.
    pub(super) fn of_file(problem: String) -> Self {
        Self { setting: ".env".to_owned(), problem, accepted: None }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.problem)?;
        match &self.accepted {
            Some(accepted) => write!(f, "; accepted: {accepted}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// What clap itself could not read.
    pub(super) fn of_command_line(error: &clap::Error) -> Self {
        let problem = error.kind().to_string();
        Self(vec![Mistake { setting: "the command line".to_owned(), problem, accepted: None }])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
    }
}

/// The checks of one start: the values' origins, and what was found wrong so far.
pub(super) struct Checks {
    pub origins: HashMap<String, Origin>,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<String>,
}

impl Checks {
    /// The meaning of `raw`, or a note of what was expected instead.
    pub fn read<T>(
        &mut self,
        name: &'static str,
        raw: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = raw.trim();
        let parsed = if self.is_text(name, text) { parse(text) } else { return None };
        if parsed.is_none() {
            self.refuse(name, format!("is {text:?}"), accepted);
        }
        parsed
    }

    /// Whether `raw` is printable text; U+FFFD stands where the environment held bytes that are none.
    pub fn is_text(&mut self, name: &'static str, raw: &str) -> bool {
        let is_text = !raw.chars().any(|c| is_control(c) || c == char::REPLACEMENT_CHARACTER);
        if !is_text {
            self.refuse(name, "holds control characters, or bytes that are no text", "printable text in UTF-8");
        }
        is_text
    }

    /// A whole number within `range`.
    pub fn whole(&mut self, name: &'static str, raw: &str, unit: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let accepted = format!("a whole number of {unit} from {} to {}", range.start(), range.end());
        self.read(name, raw, &accepted, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// A number of threads.
    pub fn threads(&mut self, name: &'static str, raw: &str) -> Option<NonZeroUsize> {
        let parse = |text: &str| text.parse().ok().filter(|count: &NonZeroUsize| count.get() <= 64);
        self.read(name, raw, "a whole number of threads from 1 to 64", parse)
    }

    /// `on` or `off`, also as the truth values of other programs.
    pub fn switch(&mut self, name: &'static str, raw: &str) -> Option<bool> {
        self.read(name, raw, "on, off", parse_switch)
    }

    /// Where the value of a setting comes from.
    pub fn origin(&self, name: &str) -> Origin {
        self.origins.get(name).copied().unwrap_or(Origin::Default)
    }

    /// Notes a mistake; `problem` must not quote a secret.
    pub fn refuse(&mut self, name: &'static str, problem: impl fmt::Display, accepted: &str) {
        let problem = match self.origin(name) {
            Origin::Default => problem.to_string(),
            origin => format!("{problem} ({origin})"),
        };
        self.mistakes.push(Mistake { setting: name.to_owned(), problem, accepted: Some(accepted.to_owned()) });
    }

    /// Notes something that works and should be known.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }
}

/// The usual spellings of yes and no.
pub(super) fn parse_switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}
