//! The rows of a file, one after the other.

use std::io::{self, BufRead, BufReader, Read};

use super::csv::Csv;
use super::json_lines::JsonLines;
use super::{Format, Members, Problem};

/// One row.
pub struct Row {
    /// The line that it begins on; the first is 1.
    pub line: u64,
    /// The row as it is written, without its line break. Nothing if it is too long to be kept.
    pub text: Vec<u8>,
    /// What it says.
    pub members: Result<Members, Problem>,
}

/// A file of accounts that is being read.
pub enum Rows<R> {
    /// JSON lines.
    Jsonl(JsonLines<BufReader<R>>),
    /// CSV.
    Csv(Box<Csv<BufReader<R>>>),
}

impl<R: Read> Rows<R> {
    /// Reads a file. What is wrong with all of it is told at once: a JSON array, or a heading without
    /// the two columns that it takes.
    pub fn open(source: R, format: Format) -> io::Result<Self> {
        let mut source = BufReader::with_capacity(64 * 1_024, source);
        skip_byte_order_mark(&mut source)?;
        match format {
            Format::Jsonl => JsonLines::open(source).map(Self::Jsonl),
            Format::Csv => Ok(Self::Csv(Box::new(Csv::open(source)?))),
        }
    }

    /// What a file of refused rows begins with, to be read like this one.
    pub fn heading(&self) -> Option<&[u8]> {
        match self {
            Self::Jsonl(_) => None,
            Self::Csv(csv) => Some(csv.heading()),
        }
    }

    /// The next row, if there is one. Blank lines are none.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Jsonl(rows) => rows.next_row(),
            Self::Csv(rows) => rows.next_row(),
        }
    }
}

/// Spreadsheets put one in front.
fn skip_byte_order_mark(source: &mut impl BufRead) -> io::Result<()> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if source.fill_buf()?.starts_with(MARK) {
        source.consume(MARK.len());
    }
    Ok(())
}
