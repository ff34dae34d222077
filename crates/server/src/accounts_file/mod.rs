//! Accounts in files: JSON lines and CSV, read and written row by row, so that a file may be of any length.
//!
//! What is written here reads back the same. What is read may also come from other systems, whose names for things are
//! in `account`. Rows hold password hashes, so nothing here quotes a row or a value of one in an error.

mod account;
mod csv;
mod json_lines;
mod moment;
mod problem;
mod rows;
mod write;

use std::path::Path;

use anyhow::bail;

pub use account::account;
pub use problem::{Problem, Refusal};
pub use rows::{Row, Rows};
pub use write::{as_json, heading, row};

/// The members of a row by their names, however the row was written.
type Members = serde_json::Map<String, serde_json::Value>;

/// The longest row, in bytes. Real ones have a few hundred; an unclosed quote makes the rest of a file one row.
const LONGEST_ROW: usize = 256 * 1_024;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a heading
    Csv,
}

impl Format {
    /// The format that was asked for, or else the one that the name of the file tells. `-`, which has no name, is JSON
    /// lines.
    pub fn choose(asked: Option<Self>, path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        match (asked, extension.as_deref()) {
            (Some(format), _) => Ok(format),
            (None, Some("jsonl" | "ndjson" | "json")) => Ok(Self::Jsonl),
            (None, Some("csv")) => Ok(Self::Csv),
            (None, None) if is_standard_stream(path) => Ok(Self::Jsonl),
            (None, _) => bail!("{} does not tell its format: say --format jsonl or --format csv", path.display()),
        }
    }
}

/// Whether `path` stands for standard input or output.
pub fn is_standard_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_asked_for_or_told_by_the_name() {
        let choose = |asked, path: &str| Format::choose(asked, Path::new(path)).ok();
        assert_eq!(choose(None, "users.jsonl"), Some(Format::Jsonl));
        assert_eq!(choose(None, "folder.d/users.CSV"), Some(Format::Csv));
        assert_eq!(choose(Some(Format::Csv), "users.jsonl"), Some(Format::Csv));
        assert_eq!(choose(None, "-"), Some(Format::Jsonl));
        assert_eq!(choose(None, "users"), None);
        assert_eq!(choose(None, "users.xml"), None);
    }
}
