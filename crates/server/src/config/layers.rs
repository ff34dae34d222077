//! Laying the sources of settings over each other: command line, environment, `.env`, default.
//!
//! clap knows the flags and reads them; on its own it would read the environment too, but neither `.env` nor older
//! names, and it would take an empty variable for a value. So what [`Environment`] finds becomes the default of its
//! flag, and clap's own look at the environment is switched off.

use std::collections::HashMap;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, Command};

use super::Settings;
use super::environment::{Environment, Origin};

/// `command` with every setting taken from `environment` where the command line says nothing. Settings may stand before
/// and after a subcommand.
pub fn layered(command: Command, environment: &Environment) -> Command {
    command.mut_args(|arg| match name(&arg) {
        Some(name) => layer(arg, &name, environment),
        None => arg,
    })
}

fn layer(arg: Arg, name: &str, environment: &Environment) -> Arg {
    let help = format!("{}{} [env: {name}]", help(&arg), default_note(&arg));
    let arg = arg.help(help).env(Resettable::Reset).hide_default_value(true).global(true);
    match environment.find(name) {
        Some(found) => arg.default_value(found.value),
        None => arg,
    }
}

/// The settings themselves, as arguments.
pub(super) fn arguments() -> Vec<Arg> {
    Settings::augment_args(Command::new("tessera")).get_arguments().cloned().collect()
}

/// The name of a setting in the environment. It is what makes an argument a setting.
pub(super) fn name(arg: &Arg) -> Option<String> {
    arg.get_env().and_then(|name| name.to_str()).map(str::to_owned)
}

pub(super) fn help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

/// A fixed default; one that depends on other settings is in the help itself, in the same form.
fn default_note(arg: &Arg) -> String {
    match arg.get_default_values() {
        [default] => format!(" [default: {}]", default.to_string_lossy()),
        _ => String::new(),
    }
}

/// Where each setting that was parsed comes from.
pub(super) fn origins(matches: &ArgMatches, environment: &Environment) -> HashMap<String, Origin> {
    let origin = |arg: &Arg, name: &str| match matches.value_source(arg.get_id().as_str()) {
        Some(ValueSource::CommandLine) => Origin::Flag,
        _ => environment.find(name).map_or(Origin::Default, |found| found.origin),
    };
    arguments().iter().filter_map(|arg| name(arg).map(|name| (name.clone(), origin(arg, &name)))).collect()
}
