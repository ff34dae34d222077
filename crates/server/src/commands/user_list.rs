//! `tessera user list`: who has an account.

use tessera_domain::{User, Username};
use tessera_repositories::{UserPageRequest, UserRepository};

use super::block_on;
use crate::accounts_file::as_json;
use crate::config::Config;
use crate::wiring::Overrides;
use crate::{log, output};

/// Accounts that are read, and printed, at once.
const PAGE: u16 = 500;

/// How to print accounts.
#[derive(clap::Args)]
pub struct ListUsers {
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Prints every account, oldest first.
pub fn list_users(config: &Config, overrides: &Overrides, how: &ListUsers) -> anyhow::Result<()> {
    let _log = log::start(&config.logging)?;
    block_on(async {
        let storages = overrides.open(config).await?;
        let printed = print_all(&*storages.users, if how.json { as_json } else { as_row }, !how.json).await;
        storages.close().await?;
        printed
    })
}

async fn print_all(users: &dyn UserRepository, print: fn(&User) -> String, has_heading: bool) -> anyhow::Result<()> {
    if has_heading {
        output::print(&columns(["ID", "EMAIL", "USERNAME", "JOINED", "ROLE"]))?;
    }
    let mut request = UserPageRequest { after: None, limit: PAGE };
    loop {
        let page = users.list(request).await?;
        for user in &page.users {
            output::print(&print(user))?;
        }
        request.after = page.users.last().map(|user| user.id);
        if !page.has_more {
            return Ok(());
        }
    }
}

fn as_row(user: &User) -> String {
    let (id, joined) = (user.id.to_string(), user.date_joined.whole_seconds().to_string());
    let username = user.username.as_ref().map_or("-", Username::as_str);
    columns([&id, user.email.as_str(), username, &joined, role(user)])
}

fn role(user: &User) -> &'static str {
    match user {
        User { is_active: false, .. } => "disabled",
        User { is_superuser: true, .. } => "superuser",
        User { is_staff: true, .. } => "staff",
        _ => "user",
    }
}

/// Pages are printed as they are read, so the widths are those of usual values, and not of the longest.
fn columns([id, email, username, joined, role]: [&str; 5]) -> String {
    format!("{id:36}  {email:32}  {username:20}  {joined:20}  {role}")
}
