//! `tessera user create`: an account, made by the operator by the same rules as everybody's.

use std::future::ready;

use anyhow::anyhow;
use tessera_domain::{Email, FullName, Invalid, PasswordAttribute, PasswordProblem, Privileges, User, Username};
use tessera_services::ClientInfo;
use tessera_services::auth::{AuthService as _, RegisterError, RegisterUser};

use super::{block_on, password_input};
use crate::config::Config;
use crate::wiring::{self, Overrides, Surroundings};
use crate::{log, output};

/// The account to make.
#[derive(clap::Args)]
pub struct CreateUser {
    /// Its address
    #[arg(long, value_name = "ADDRESS")]
    email: String,

    /// Its username
    #[arg(long, value_name = "NAME")]
    username: Option<String>,

    /// Its owner's name
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,

    /// Make it staff, and able to do everything
    #[arg(long)]
    superuser: bool,
}

/// Makes the account and prints its id.
pub fn create_user(config: &Config, overrides: &Overrides, new: &CreateUser) -> anyhow::Result<()> {
    let _log = log::start(&config.logging)?;
    let email = parse("--email", &new.email, Email::parse)?;
    let username = new.username.as_ref().map(|text| parse("--username", text, Username::parse)).transpose()?;
    let full_name = new.full_name.as_ref().map(|text| parse("--full-name", text, FullName::parse)).transpose()?;
    let password = password_input::read()?;
    let privileges = if new.superuser { Privileges::Superuser } else { Privileges::None };
    let client = ClientInfo::default();
    let command = RegisterUser { email, username, full_name, password, privileges, client };
    let user = block_on(register(config, overrides, command))?;
    Ok(output::print(&format!("Made the account {} of {}.", user.id, user.email))?)
}

fn parse<T>(flag: &str, text: &str, parse: fn(&str) -> Result<T, Invalid>) -> anyhow::Result<T> {
    parse(text).map_err(|problem| anyhow!("{flag} {problem}"))
}

async fn register(config: &Config, overrides: &Overrides, command: RegisterUser) -> anyhow::Result<User> {
    let storages = overrides.open(config).await?;
    let around = Surroundings::new(&config.passwords, overrides)?;
    let (activity, writer) = wiring::activity(&storages, &around);
    let mails = wiring::mail_queue(&storages, &around);
    let registered = wiring::accounts(config, &storages, &around, mails, activity).register(command).await;
    writer.run(ready(())).await;
    storages.close().await?;
    registered.map_err(explain)
}

fn explain(error: RegisterError) -> anyhow::Error {
    match error {
        RegisterError::WeakPassword(problems) => {
            let problems: Vec<_> = problems.into_iter().map(describe).collect();
            anyhow!("the password {}", problems.join(", and "))
        }
        RegisterError::Taken { email: true, username: true } => anyhow!("the address and the username are taken"),
        RegisterError::Taken { email: true, .. } => anyhow!("the address is taken"),
        RegisterError::Taken { .. } => anyhow!("the username is taken"),
        RegisterError::Outage(outage) => anyhow::Error::new(outage).context("the account was not made"),
    }
}

fn describe(problem: PasswordProblem) -> String {
    match problem {
        PasswordProblem::TooSimilar(attribute) => format!("is too similar to the {}", name(attribute)),
        PasswordProblem::TooShort { min } => format!("has fewer than {min} characters"),
        PasswordProblem::TooCommon => "is a common one".to_owned(),
        PasswordProblem::EntirelyNumeric => "consists of digits alone".to_owned(),
    }
}

fn name(attribute: PasswordAttribute) -> &'static str {
    match attribute {
        PasswordAttribute::Username => "username",
        PasswordAttribute::Email => "address",
        PasswordAttribute::FullName => "full name",
    }
}
