//! Reading ahead: what each row is, before the storage is asked.

use std::io::Read;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use anyhow::Context as _;
use tessera_services::auth::ImportUser;
use tessera_services::ports::PasswordHasher;
use tokio::sync::mpsc::{self, Receiver};

use super::seen::Seen;
use crate::accounts_file::{Problem, Row, Rows, account};

/// How many rows are read ahead of the storage.
const AHEAD: usize = 256;

/// A row that was looked at.
pub struct SortedRow {
    /// The line that it begins on.
    pub line: u64,
    /// The row as it is written.
    pub text: Vec<u8>,
    /// Whether it asked for privileges that it was not given.
    pub lost_privileges: bool,
    /// What it describes.
    pub account: Result<ImportUser, Problem>,
}

/// A file that is being read, on a thread of its own: reading blocks, and standard input may do so for long.
pub struct Reading(Receiver<anyhow::Result<SortedRow>>);

impl Reading {
    /// Starts to read. The thread ends with the file, or when nobody wants more of it.
    pub fn start(
        mut rows: Rows<impl Read + Send + 'static>,
        hasher: Arc<dyn PasswordHasher>,
        with_privileges: bool,
    ) -> anyhow::Result<Self> {
        let (to, from) = mpsc::channel(AHEAD);
        let mut sorter = Sorter { hasher, with_privileges, seen: Seen::default() };
        let read_all = move || {
            while let Some(row) = rows.next_row().transpose() {
                let row = row.map(|row| sorter.sort(row)).context("the rest of the file cannot be read");
                let is_end = row.is_err();
                if to.blocking_send(row).is_err() || is_end {
                    return;
                }
            }
        };
        thread::Builder::new().name("import".to_owned()).spawn(read_all).context("no thread can be started")?;
        Ok(Self(from))
    }

    /// The next row, in the order of the file; nothing after the last.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<anyhow::Result<SortedRow>>> {
        self.0.poll_recv(context)
    }
}

/// Says what a row is.
struct Sorter {
    hasher: Arc<dyn PasswordHasher>,
    with_privileges: bool,
    seen: Seen,
}

impl Sorter {
    fn sort(&mut self, row: Row) -> SortedRow {
        let Row { line, text, members } = row;
        let mut lost_privileges = false;
        let account = members.and_then(|members| account(&members)).and_then(|mut account| {
            self.hasher.check(&account.password_hash).map_err(Problem::Hash)?;
            self.seen.note(line, &account)?;
            if !self.with_privileges {
                lost_privileges = account.is_staff || account.is_superuser;
                (account.is_staff, account.is_superuser) = (false, false);
            }
            Ok(account)
        });
        SortedRow { line, text, lost_privileges, account }
    }
}
