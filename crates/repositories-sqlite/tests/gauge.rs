//! What can be read off a store while it works.

#![cfg(test)]

use tessera_domain::{Email, MailId, MailKind, QueuedMail, Timestamp};
use tessera_repositories::{MailOutboxRepository as _, StorageGauge as _};
use tessera_repositories_sqlite::{SqliteMailOutbox, SqliteStore, StoreOptions};

#[tokio::test]
async fn a_store_at_rest_has_its_threads_and_nothing_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = StoreOptions { readers: 3, ..StoreOptions::default() };
    let store = SqliteStore::open_with(folder.path().join("tessera.db"), options).expect("a store");
    let pools = store.pools();
    let sizes: Vec<_> = pools.iter().map(|pool| (pool.name, pool.size)).collect();
    assert_eq!(sizes, [("writer", 1), ("readers", 3)]);
    assert!(pools.iter().all(|pool| (pool.waiting, pool.refused, pool.late) == (0, 0, 0)), "{pools:?}");
}

#[tokio::test]
async fn rows_are_counted_table_by_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("tessera.db")).expect("a store");
    for number in 1..=3 {
        let at = Timestamp::from_unix_seconds(number);
        let recipient = Email::parse("ana@example.com").expect("an address");
        let mail =
            QueuedMail { id: MailId::new(at, [1; 10]), kind: MailKind::PasswordChanged, recipient, queued_at: at };
        SqliteMailOutbox::new(&store).insert(&mail).await.expect("queued");
    }
    let tables = store.count_rows().await.expect("counted");
    let rows = |table: &str| tables.iter().find(|it| it.table == table).map(|it| it.rows);
    assert_eq!((rows("mail_outbox"), rows("users")), (Some(3), Some(0)));
    assert_eq!(
        (rows("__diesel_schema_migrations"), rows("sqlite_sequence")),
        (None, None),
        "those are nobody's business"
    );
}
