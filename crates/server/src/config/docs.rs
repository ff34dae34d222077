//! The reference of all settings, written from the definition that the program itself reads.

use std::fmt::Write as _;

use clap::Arg;

use super::environment::ALIASES;
use super::layers;

const INTRODUCTION: &str = "\
<!-- Written by `make config-docs`. Change the settings in crates/server/src/config instead. -->

# Configuration

Tessera starts without any setting. Each setting below has a name in the environment and a flag; `tessera --help` lists
the same. Where a setting is given more than once, the command line wins over the environment, the environment over the
file `.env` in the working directory, and the name that is listed first over the one beside it, which is read for the
sake of installations that have it: `DEBUG=False` means `APP_ENV=production`, `DEBUG=True` means `development`.

A line of `.env` is `NAME=value`. A value is taken as it stands up to white space and `#`, which begin a comment; quote
it to keep them. Everything is checked before the service starts, and all mistakes are reported at once.
`tessera config check` prints the values in force and where each one comes from, without the secrets.
";

/// The reference, in Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = None;
    for arg in layers::arguments() {
        let heading = arg.get_help_heading().map(str::to_owned);
        if heading != section {
            let title = heading.as_deref().unwrap_or("Other");
            let _infallible = write!(text, "\n## {title}\n\n| name | flag | default | meaning |\n|---|---|---|---|\n");
            section = heading;
        }
        let _infallible = writeln!(text, "{}", row(&arg));
    }
    text
}

fn row(arg: &Arg) -> String {
    let name = layers::name(arg).unwrap_or_default();
    let flag = arg.get_long().unwrap_or_default();
    let (meaning, default) = split_default(arg);
    let also: Vec<_> = ALIASES.iter().filter(|(of, _)| *of == name).map(|(_, alias)| format!(", `{alias}`")).collect();
    format!("| `{name}`{} | `--{flag}` | {default} | {meaning} |", also.concat())
}

/// The help without its note on the default, and that default.
pub(super) fn split_default(arg: &Arg) -> (String, String) {
    let help = layers::help(arg).replace('\n', " ");
    match (help.split_once(" [default: "), arg.get_default_values()) {
        (Some((meaning, default)), _) => (meaning.to_owned(), default.trim_end_matches(']').to_owned()),
        (None, [default]) => (help, format!("`{}`", default.to_string_lossy())),
        (None, _) => (help, String::new()),
    }
}
