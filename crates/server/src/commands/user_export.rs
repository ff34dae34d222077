//! `tessera user export`: all accounts, as `tessera user import` reads them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tessera_domain::{Identifier, User};
use tessera_repositories::{UserPageRequest, UserRepository};

use super::block_on;
use super::signals::Signals;
use crate::accounts_file::{Format, heading, is_standard_stream, row};
use crate::config::Config;
use crate::private_file::PrivateFile;
use crate::wiring::Overrides;
use crate::{log, output};

/// Accounts that are read, and written, at once.
const PAGE: u16 = 500;
/// How many hashes are looked up at once.
const AT_ONCE: usize = 64;

/// What is written, and where.
#[derive(clap::Args)]
pub struct ExportUsers {
    /// The file; it appears when all of it is written, and only its owner can read it. `-` is standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    /// Its format, where its name does not tell; JSON lines on standard output
    #[arg(long)]
    format: Option<Format>,

    /// Write the password hashes, too; without them the accounts cannot be imported elsewhere
    #[arg(long)]
    with_hashes: bool,
}

/// Exports every account, oldest first. Those that are added meanwhile may be left out.
pub fn export_users(config: &Config, overrides: &Overrides, how: &ExportUsers) -> anyhow::Result<()> {
    let _log = log::start(&config.logging)?;
    let format = Format::choose(how.format, &how.file)?;
    let shown = how.file.display().to_string();
    let cannot = || format!("{shown} cannot be written");
    let mut target = if is_standard_stream(&how.file) {
        Target::StandardOutput
    } else {
        Target::File(PrivateFile::create(&how.file).with_context(cannot)?)
    };
    let count = block_on(async {
        let mut signals = Signals::listen()?;
        let storages = overrides.open(config).await?;
        let written = tokio::select! {
            written = write_all(&*storages.users, format, how.with_hashes, &mut target) => written,
            name = signals.next() => Err(anyhow!("{name} stopped it")),
        };
        storages.close().await?;
        written
    });
    let count = count.context("the accounts were not exported")?;
    if let Target::File(file) = target {
        file.finish().with_context(cannot)?;
        output::print(&format!("Exported {count} accounts to {shown}."))?;
    }
    if how.with_hashes {
        tracing::info!(target: "audit", event = "export_hashes", accounts = count);
    }
    Ok(())
}

enum Target {
    StandardOutput,
    File(PrivateFile),
}

impl Target {
    fn write(&mut self, lines: &[String]) -> anyhow::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let lines = lines.join("\n");
        match self {
            Self::StandardOutput => output::print(&lines)?,
            Self::File(file) => writeln!(file, "{lines}")?,
        }
        Ok(())
    }
}

async fn write_all(
    users: &dyn UserRepository,
    format: Format,
    with_hashes: bool,
    target: &mut Target,
) -> anyhow::Result<u64> {
    target.write(heading(format, with_hashes).as_slice())?;
    let mut request = UserPageRequest { after: None, limit: PAGE };
    let mut count = 0;
    loop {
        let page = users.list(request).await?;
        let lines: Vec<String> = if with_hashes {
            let rows = stream::iter(&page.users).map(|user| row_with_hash(users, format, user)).buffered(AT_ONCE);
            rows.try_filter_map(|row| async { Ok(row) }).try_collect().await?
        } else {
            page.users.iter().map(|user| row(format, user, None)).collect()
        };
        count += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        target.write(&lines)?;
        request.after = page.users.last().map(|user| user.id);
        if !page.has_more {
            return Ok(count);
        }
    }
}

/// An account as it is now, with its hash; nothing if it has gone since it was listed.
async fn row_with_hash(users: &dyn UserRepository, format: Format, user: &User) -> anyhow::Result<Option<String>> {
    let found = users.find_credentials(&Identifier::Id(user.id)).await?;
    Ok(found.map(|credentials| row(format, &credentials.user, Some(&credentials.password_hash))))
}
