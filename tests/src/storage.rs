//! The storages that the end-to-end tests run on.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tessera_test_servers::postgres::{self, Schema};
use tessera_test_servers::redis::{self, Prefix};

/// A choice of storages, as an installation makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Nothing is configured: an SQLite file.
    Sqlite,
    /// Everything is in PostgreSQL.
    Postgres,
    /// Everything is in PostgreSQL, but for what lives shortly.
    Redis,
}

impl Storage {
    /// What an operator sees of it.
    pub fn backends(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["sqlite"],
            Self::Postgres => &["postgres"],
            Self::Redis => &["postgres", "redis"],
        }
    }
}

/// Makes a test on each storage of each of these functions, `async fn name(storage: Storage)`. The name of the test says
/// on which storage it failed: `postgres::name`. A function that is not listed is dead code, as the compiler will say.
#[macro_export]
macro_rules! on_every_storage {
    ($($test:ident)*) => {
        $crate::on_storage! { sqlite = Sqlite: $($test)* }
        $crate::on_storage! { postgres = Postgres: $($test)* }
        $crate::on_storage! { redis = Redis: $($test)* }
    };
}

/// The part of [`on_every_storage`] that is about one of them.
#[doc(hidden)]
#[macro_export]
macro_rules! on_storage {
    ($module:ident = $storage:ident: $($test:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test($crate::Storage::$storage).await;
                }
            )*
        }
    };
}

/// What a server keeps, or several that share it: a folder, and on other servers a schema and a prefix. It is gone when
/// this is dropped.
pub struct Data {
    schema: Option<Schema>,
    prefix: Option<Prefix>,
    folder: TempDir,
}

impl Data {
    /// A place where there is nothing yet.
    pub fn on(storage: Storage) -> Self {
        let schema = match storage {
            Storage::Sqlite => None,
            Storage::Postgres | Storage::Redis => Some(postgres::Server::shared().schema()),
        };
        let prefix = (storage == Storage::Redis).then(Prefix::fresh);
        Self { schema, prefix, folder: tempfile::tempdir().expect("a folder") }
    }

    /// The folder of the service, where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The settings that lead to it.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        let folder = self.folder().to_str().expect("a path in UTF-8");
        let mut settings = vec![("DATA_DIR", folder)];
        settings.extend(self.schema.as_ref().map(|schema| ("DATABASE_URL", schema.url())));
        if let Some(prefix) = &self.prefix {
            settings.extend([("REDIS_URL", redis::Server::shared().url()), ("REDIS_KEY_PREFIX", prefix.as_str())]);
        }
        settings
    }

    /// Every byte that is kept: of each file, each table and each key. The folder of mails is not meant: links are there to
    /// be followed.
    pub async fn at_rest(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let entries = fs::read_dir(self.folder()).expect("a folder").map(|entry| entry.expect("an entry").path());
        for file in entries.filter(|path| path.is_file()) {
            bytes.extend(fs::read(file).expect("readable"));
        }
        if let Some(schema) = &self.schema {
            bytes.extend(schema.content().await);
        }
        if let Some(prefix) = &self.prefix {
            bytes.extend(prefix.content());
        }
        bytes
    }
}
