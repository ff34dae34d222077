//! A database file with the threads that work on it, and how async callers reach them.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::SqliteConnection;
use tessera_repositories::Result as RepositoryResult;
use tokio::sync::oneshot;
use tracing::{Instrument as _, debug_span};

use crate::connection::{Connection, Role, connect};
use crate::error::Failure;
use crate::readers::Readers;
use crate::writer::{Work, Writer};
use crate::{file, migrate};

/// How long a caller waits for its answer: a request must end within 5 s, whatever the disk does.
const PATIENCE: Duration = Duration::from_secs(4);

/// How a store works on its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// The most writes that share a transaction; 1 gives each its own.
    pub max_batch: usize,
    /// The number of reading threads.
    pub readers: usize,
    /// The most writes, and the most reads, that wait; one more is refused at once as transient.
    pub queue: usize,
}

impl Default for StoreOptions {
    /// A few readers: a read takes microseconds, more threads than cores only add switches.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self { max_batch: 256, readers: cores.clamp(2, 4), queue: 4_096 }
    }
}

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path names no file, or is not UTF-8.
    #[error("the path of the database is not one of a file, or not UTF-8")]
    Path,
    /// The file or its folder cannot be made, read or locked, or a thread cannot be started.
    #[error("the database file or its folder cannot be used")]
    Io(#[from] io::Error),
    /// Others than the owner and its group can get at the file.
    #[error("the database file is accessible to everybody; make it private (chmod 600)")]
    WorldAccessible,
    /// SQLite refused the file or a setting.
    #[error("the database cannot be opened")]
    Sqlite(#[source] Box<dyn Error + Send + Sync>),
    /// The file system cannot do write-ahead logging; the mode it can do is given.
    #[error("the database cannot use write-ahead logging where it lies (it is in mode {0})")]
    NoWal(String),
    /// The schema could not be brought up to date. Nothing of it was changed.
    #[error("the database schema cannot be brought up to date")]
    Migrate(#[source] Box<dyn Error + Send + Sync>),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Sqlite(Box::new(failure))
    }
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Sqlite(Box::new(error))
    }
}

/// An open database. Clones share it; it closes with the last one.
#[derive(Clone)]
pub struct SqliteStore(Arc<Threads>);

struct Threads {
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens the database at `path` with [`StoreOptions::default`], see [`SqliteStore::open_with`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, StoreOptions::default())
    }

    /// Opens the database at `path`. Folder and file are made if they are missing, for their owner alone; the schema is
    /// brought up to date. Several processes may do so at once. It blocks until all that is done.
    pub fn open_with(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, OpenError> {
        let file = file::prepare(path.as_ref())?;
        let mut connection = connect(&file.path, Role::Schema)?;
        migrate::use_wal(&mut connection)?;
        migrate::run(&mut connection)?;
        drop(connection);
        let readers = Readers::start(&file.path, options.readers, options.queue)?;
        let writer = Writer::start(Connection::new(&file.path, Role::Writer), options)?;
        Ok(Self(Arc::new(Threads { writer, readers })))
    }

    /// Finishes what is waiting, writes the journal back into the database and ends the threads, for all clones. It
    /// blocks until then, and is no call for an async worker. What is asked afterwards is refused as transient.
    pub fn close(&self) {
        self.0.stop();
    }

    /// Has the writer do `work`, which may run more than once and counts only once; its answer comes after the commit.
    pub(crate) async fn write<T, F>(&self, context: &'static str, work: F) -> RepositoryResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { run: work, answer: None, reply });
        let result = match self.0.writer.submit(job) {
            Ok(()) => wait(answer).instrument(debug_span!("sqlite", operation = context)).await,
            Err(failure) => Err(failure),
        };
        if matches!(result, Err(Failure::Late)) {
            self.0.writer.note_late();
        }
        result.map_err(|failure| failure.into_repository_error(context))
    }

    /// Has a reader do `query`, unless the caller is gone before its turn comes.
    pub(crate) async fn read<T, F>(&self, context: &'static str, query: F) -> RepositoryResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel::<Result<T, Failure>>();
        let submitted = self.0.readers.submit(Box::new(move |connection| {
            if !reply.is_closed() {
                let _ = reply.send(connection.run(query));
            }
        }));
        let result = match submitted {
            Ok(()) => wait(answer).instrument(debug_span!("sqlite", operation = context)).await,
            Err(failure) => Err(failure),
        };
        if matches!(result, Err(Failure::Late)) {
            self.0.readers.note_late();
        }
        result.map_err(|failure| failure.into_repository_error(context))
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    pub(crate) fn readers(&self) -> &Readers {
        &self.0.readers
    }
}

async fn wait<T>(answer: oneshot::Receiver<Result<T, Failure>>) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::Closed),
        Err(_) => Err(Failure::Late),
    }
}

impl Threads {
    /// The writer last: the last connection that closes writes the journal back.
    fn stop(&self) {
        self.readers.stop();
        self.writer.stop();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}
