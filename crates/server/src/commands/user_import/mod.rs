//! `tessera user import`: accounts of another system, or of another installation, with the hashes of their passwords.
//!
//! A thread reads the file and says what each row is, a few hundred rows ahead of the storage; that many accounts are
//! inserted at once, and the results come back in the order of the rows.

mod destination;
mod reading;
mod rejects;
mod seen;
mod tally;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use tessera_services::auth::ImportOutcome;

use self::destination::Destination;
use self::reading::{Reading, SortedRow};
use self::rejects::Rejects;
use self::tally::Tally;
use super::block_on;
use super::signals::Signals;
use crate::accounts_file::{Format, Problem, Rows, is_standard_stream};
use crate::config::Config;
use crate::wiring::{self, Overrides, Surroundings};
use crate::{log, output};

/// How many accounts are inserted at once: as many as share one transaction on SQLite.
const AT_ONCE: usize = 256;

/// Where the accounts come from, and what is done with them.
#[derive(clap::Args)]
pub struct ImportUsers {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Its format, where its name does not tell
    #[arg(long)]
    format: Option<Format>,

    /// Say what would become of each row, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Write the rows that are refused to this file, as they are, to be mended and imported. It holds hashes, so only
    /// its owner can read it
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Take over `is_staff` and `is_superuser`, too; without this every account is an ordinary one
    #[arg(long)]
    with_privileges: bool,
}

/// Imports the accounts and says what came of it. It succeeds if no row was refused.
pub fn import_users(config: &Config, overrides: &Overrides, how: &ImportUsers) -> anyhow::Result<ExitCode> {
    let _log = log::start(&config.logging)?;
    let format = Format::choose(how.format, &how.file)?;
    let (source, bar) = open(&how.file).with_context(|| format!("{} cannot be read", how.file.display()))?;
    let rows = Rows::open(bar.wrap_read(source), format);
    let rows = rows.with_context(|| format!("{} cannot be imported", how.file.display()))?;
    block_on(async {
        let signals = Signals::listen()?;
        let rejects = how.rejects.as_deref().map(|path| Rejects::create(path, rows.heading())).transpose()?;
        let around = Surroundings::new(&config.passwords, overrides)?;
        let storages = if how.dry_run { overrides.find(config).await? } else { Some(overrides.open(config).await?) };
        let destination = match &storages {
            Some(storages) if how.dry_run => Destination::Foreseen(storages.users.clone()),
            Some(storages) => Destination::Real(wiring::account_import(storages, &around)),
            None => Destination::Nowhere,
        };
        let reading = Reading::start(rows, Arc::clone(&around.hasher), how.with_privileges)?;
        let imported = import(reading, &destination, rejects, &bar, signals).await;
        if let Some(storages) = storages {
            storages.close().await?;
        }
        imported
    })
}

/// The file, and what shows on a terminal how much of it was read.
fn open(path: &Path) -> io::Result<(Box<dyn Read + Send>, ProgressBar)> {
    if is_standard_stream(path) {
        return Ok((Box::new(io::stdin()), ProgressBar::new_spinner()));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Ok((Box::new(file), ProgressBar::new_spinner()));
    }
    let bar = ProgressBar::new(about.len());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}%  {msg} accounts, {eta} left") {
        bar.set_style(style);
    }
    Ok((Box::new(file), bar))
}

async fn import(
    reading: Reading,
    destination: &Destination,
    mut rejects: Option<Rejects>,
    bar: &ProgressBar,
    mut signals: Signals,
) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::default();
    let handled = tokio::select! {
        handled = handle_all(reading, destination, rejects.as_mut(), &mut tally, bar) => handled,
        name = signals.next() => Err(anyhow!("{name} stopped it")),
    };
    bar.finish_and_clear();
    if handled.is_ok()
        && let Some(rejects) = rejects
    {
        rejects.finish()?;
    }
    output::print(&tally.summary(destination.is_real()))?;
    if destination.is_real() {
        let (imported, refused) = (tally.imported, tally.refused());
        tracing::info!(target: "audit", event = "import_accounts", imported, refused);
    }
    handled.context("the import did not get to its end; run it again, and it goes on where it stopped")?;
    Ok(if tally.refused() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn handle_all(
    mut reading: Reading,
    destination: &Destination,
    mut rejects: Option<&mut Rejects>,
    tally: &mut Tally,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let rows = stream::poll_fn(|context| reading.poll_next(context));
    let mut handled = pin!(rows.map(|row| async { handle(row?, destination).await }).buffered(AT_ONCE));
    while let Some(row) = handled.next().await.transpose()? {
        tally.count(&row);
        if let Err(problem) = &row.result {
            bar.suspend(|| output::print(&format!("line {}: {problem}", row.line)))?;
            if let Some(rejects) = &mut rejects {
                rejects.add(&row.text)?;
            }
        }
        bar.set_message(tally.imported.to_string());
    }
    Ok(())
}

/// What became of a row.
struct HandledRow {
    line: u64,
    text: Vec<u8>,
    lost_privileges: bool,
    /// Whether it was imported, or was there.
    result: Result<bool, Problem>,
}

async fn handle(row: SortedRow, destination: &Destination) -> anyhow::Result<HandledRow> {
    let SortedRow { line, text, lost_privileges, account } = row;
    let result = match account {
        Err(problem) => Err(problem),
        Ok(account) => match destination.take(account).await.with_context(|| format!("line {line}"))? {
            ImportOutcome::Imported => Ok(true),
            ImportOutcome::Present => Ok(false),
            ImportOutcome::UsernameTaken => Err(Problem::Taken("username")),
            ImportOutcome::IdTaken => Err(Problem::Taken("id")),
        },
    };
    Ok(HandledRow { line, text, lost_privileges, result })
}
