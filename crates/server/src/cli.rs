//! The command line: what can be asked of the binary, and who does it.

use std::process::ExitCode;

use clap::{Args as _, FromArgMatches as _};

use crate::allocator;
use crate::commands::{self, Doctor, HealthCheck, KeysCommand, UserCommand};
use crate::config::{self, Config, Environment, Settings};
use crate::output;
use crate::wiring::Overrides;

/// Accounts, sessions and tokens behind one small server.
#[derive(clap::Args)]
#[command(version, max_term_width = 120)]
#[command(after_help = "Settings are taken from the command line, the environment and the file .env, in this order.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Answer requests until told to stop; what happens without a command, too
    Serve,
    /// Bring the database schema up to date, and do nothing else; serving does so as well
    Migrate,
    /// Ask the server with these settings whether it is well; for those who watch over a container
    Healthcheck(HealthCheck),
    /// Look at everything that the service depends on, and say what to do; it changes nothing
    Doctor(Doctor),
    /// Make and list accounts, bring them along and take them away
    #[command(subcommand)]
    User(UserCommand),
    /// List the signing keys, have another one sign, and end one that has leaked
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(clap::Subcommand)]
enum ConfigCommand {
    /// Print the settings in force and where each comes from, or everything that is wrong with them
    Check,
    /// Print the reference of all settings, in Markdown
    #[command(hide = true)]
    Docs,
    /// Print the example of a `.env` file
    #[command(hide = true)]
    Example,
}

/// Does what the command line asks for, and says how that went.
pub fn main(overrides: &Overrides) -> ExitCode {
    allocator::prefer_small_pages();
    match run(overrides) {
        Ok(code) => code,
        Err(error) => {
            output::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(overrides: &Overrides) -> anyhow::Result<ExitCode> {
    let environment = Environment::of_process();
    let matches = command(&environment).get_matches();
    let cli = Cli::from_arg_matches(&matches)?;
    let config = || Config::from_matches(&matches, &environment);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => return commands::serve(&config()?, overrides),
        Command::Migrate => commands::migrate(&config()?, overrides)?,
        Command::Healthcheck(what) => commands::check_health(&config()?, &what)?,
        Command::Doctor(how) => return commands::examine(config(), overrides, &how),
        Command::User(UserCommand::Create(new)) => commands::create_user(&config()?, overrides, &new)?,
        Command::User(UserCommand::List(list)) => commands::list_users(&config()?, overrides, &list)?,
        Command::User(UserCommand::Disable(account)) => commands::disable_user(&config()?, overrides, &account)?,
        Command::User(UserCommand::Enable(account)) => commands::enable_user(&config()?, overrides, &account)?,
        Command::User(UserCommand::Import(import)) => return commands::import_users(&config()?, overrides, &import),
        Command::User(UserCommand::Export(export)) => commands::export_users(&config()?, overrides, &export)?,
        Command::Keys(KeysCommand::List(list)) => commands::list_keys(&config()?, overrides, &list)?,
        Command::Keys(KeysCommand::Rotate(how)) => commands::rotate_keys(&config()?, overrides, &how)?,
        Command::Keys(KeysCommand::Retire(what)) => commands::retire_key(&config()?, overrides, &what)?,
        Command::Config(ConfigCommand::Check) => commands::check_config(&config()?)?,
        Command::Config(ConfigCommand::Docs) => output::print(&config::reference())?,
        Command::Config(ConfigCommand::Example) => output::print(config::example().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Every command takes every setting; only `serve` lists them in its help, where they are looked for.
fn command(environment: &Environment) -> clap::Command {
    let command =
        config::layered(Cli::augment_args(Settings::augment_args(clap::Command::new("tessera"))), environment);
    let hidden: Vec<_> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    command.mut_subcommands(|subcommand| match subcommand.get_name() {
        "serve" => subcommand,
        _ => subcommand
            .args(hidden.iter().map(|arg| arg.clone().hide(true)))
            .after_help("It takes the settings of `tessera serve --help`, too."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command(&Environment::of(&[], "")).debug_assert();
    }
}
