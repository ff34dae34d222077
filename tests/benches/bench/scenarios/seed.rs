//! Many accounts and sessions at once, straight into the database: through the front door a million would take hours.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

/// So many rows a statement; after each, it is told how far it is.
const CHUNK: u32 = 50_000;

/// The id of the account, and of its session, with the number `n`.
const ID: &str = "unhex(printf('018f%08x%020x', n, n))";

/// What is not the same in every row. All that is not named here is as in the first one: with it comes the password.
const ACCOUNT: [(&str, &str); 4] = [
    ("id", ID),
    ("email", "'bench' || n || '@example.com'"),
    ("username", "'bench' || n"),
    ("username_key", "'bench' || n"),
];
const SESSION: [(&str, &str); 2] = [("id", ID), ("user_id", ID)];

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Makes `count` accounts, and a session for each, of the one of each that is there.
pub fn multiply(database: &Path, count: u32) -> anyhow::Result<()> {
    let path = database.to_str().context("the path is no text")?;
    let mut connection = SqliteConnection::establish(path)?;
    connection.batch_execute("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")?;
    for (table, different) in [("users", ACCOUNT.as_slice()), ("sessions", SESSION.as_slice())] {
        connection.batch_execute(&format!("CREATE TEMP TABLE first AS SELECT * FROM {table} LIMIT 1"))?;
        let columns = sql_query(format!("SELECT name FROM pragma_table_info('{table}')"));
        let columns: Vec<String> = columns.load::<Column>(&mut connection)?.into_iter().map(|row| row.name).collect();
        let insertion = insertion(table, &columns, different);
        for from in (1..count).step_by(CHUNK as usize) {
            let until = count.min(from + CHUNK);
            connection
                .batch_execute(&insertion.replace(":from", &from.to_string()).replace(":until", &until.to_string()))?;
            progress(&format!("{table}: {until} of {count}"))?;
        }
        connection.batch_execute("DROP TABLE first")?;
    }
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")?;
    progress("")
}

/// Inserts the numbers from `:from` to before `:until`.
fn insertion(table: &str, columns: &[String], different: &[(&str, &str)]) -> String {
    let (mut names, mut values) = (String::new(), String::new());
    for (index, column) in columns.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let value = different.iter().find(|(name, _)| name == column).map_or(column.as_str(), |(_, value)| value);
        let _infallible = write!(names, "{separator}{column}");
        let _infallible = write!(values, "{separator}{value}");
    }
    format!(
        "WITH RECURSIVE numbers(n) AS (SELECT :from UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :until) \
         INSERT INTO {table} ({names}) SELECT {values} FROM first, numbers"
    )
}

/// On one line of the terminal, which the next one replaces.
fn progress(text: &str) -> anyhow::Result<()> {
    let mut terminal = io::stderr();
    write!(terminal, "\r\x1b[K{text}")?;
    Ok(terminal.flush()?)
}
