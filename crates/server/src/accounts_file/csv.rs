//! CSV as RFC 4180 has it: commas, double quotes, and a heading that names the columns.
//!
//! The parser is `csv-core`, which works in buffers that it is given: no file, however broken, takes more memory.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, BufRead, ErrorKind};

use csv_core::{ReadRecordResult, Reader};
use serde_json::Value;

use super::{LONGEST_ROW, Members, Problem, Row, account};

/// The most columns.
const MOST_COLUMNS: usize = 256;

/// A CSV file that is being read.
pub struct Csv<R> {
    source: R,
    parser: Reader,
    /// The line that the next record begins on, unless blank ones come first.
    line: u64,
    heading: Vec<u8>,
    names: Vec<String>,
    /// The record that is being read: its fields without quotes, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
}

/// A record as the parser left it in the buffers.
struct Record {
    line: u64,
    text: Vec<u8>,
    /// How many fields it has; nothing if it is too long.
    count: Option<usize>,
}

impl<R: BufRead> Csv<R> {
    /// Reads the heading, which has to name the two things that every account takes.
    pub fn open(source: R) -> io::Result<Self> {
        let (fields, ends) = (vec![0; LONGEST_ROW], vec![0; MOST_COLUMNS]);
        let (heading, names) = (Vec::new(), Vec::new());
        let mut csv = Self { source, parser: Reader::new(), line: 1, heading, names, fields, ends };
        let Some(record) = csv.next_record()? else { return Ok(csv) };
        let names = csv.fields_of(&record).map_err(invalid)?;
        csv.names = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let distinct: BTreeSet<_> = csv.names.iter().collect();
        if distinct.len() < csv.names.len() {
            return Err(invalid("its heading names a column twice"));
        }
        if let Some(missing) = account::missing_column(&csv.names) {
            return Err(invalid(format!("its heading, the first line, names no column {missing}")));
        }
        csv.heading = record.text;
        Ok(csv)
    }

    /// The heading as it is written.
    pub fn heading(&self) -> &[u8] {
        &self.heading
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        let Some(record) = self.next_record()? else { return Ok(None) };
        let members = self.fields_of(&record).and_then(|fields| self.members(&fields));
        Ok(Some(Row { line: record.line, text: record.text, members }))
    }

    fn members(&self, fields: &[&str]) -> Result<Members, Problem> {
        if fields.len() != self.names.len() {
            return Err(Problem::FieldCount { found: fields.len(), expected: self.names.len() });
        }
        let known = self.names.iter().zip(fields).filter(|(name, _)| account::is_known(name));
        Ok(known.map(|(name, field)| (name.clone(), Value::from(*field))).collect())
    }

    fn fields_of(&self, record: &Record) -> Result<Vec<&str>, Problem> {
        let count = record.count.ok_or(Problem::TooLong)?;
        let mut start = 0;
        let field = |end: &usize| {
            let field = self.fields.get(start..*end).unwrap_or_default();
            start = *end;
            str::from_utf8(field).map_err(|_| Problem::NotText)
        };
        self.ends.iter().take(count).map(field).collect()
    }

    /// Has the parser read one record. One that does not fit into the buffers is read to its end, and not kept.
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        let (mut filled, mut count) = (0, 0);
        let (mut begins, mut text) = (None, Some(Vec::new()));
        loop {
            let input = self.source.fill_buf()?;
            let fields = self.fields.get_mut(filled..).unwrap_or_default();
            let ends = self.ends.get_mut(count..).unwrap_or_default();
            let (result, read, written, ended) = self.parser.read_record(input, fields, ends);
            (filled, count) = (filled + written, count + ended);

            // The line break of the record before is still there, and blank lines may follow it.
            let read_text = input.get(..read).unwrap_or_default();
            let blank = read_text.iter().take_while(|byte| begins.is_none() && is_break(**byte)).count();
            let (blank, content) = read_text.split_at(blank);
            self.line += breaks(blank);
            if !content.is_empty() {
                begins.get_or_insert(self.line);
            }
            self.line += breaks(content);
            if let Some(text) = &mut text {
                text.extend_from_slice(content);
            }
            self.source.consume(read);

            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (filled, count, text) = (0, 0, None);
                }
                ReadRecordResult::Record => {
                    let line = begins.unwrap_or(self.line);
                    let (fits, mut text) = (text.is_some(), text.unwrap_or_default());
                    while text.pop_if(|byte| is_break(*byte)).is_some() {}
                    return Ok(Some(Record { line, text, count: fits.then_some(count) }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn breaks(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

fn invalid(problem: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    const HEADING: &str = "Email,unknown,password_hash\n";

    /// Through a buffer of a few bytes, so that everything is cut somewhere.
    fn csv(text: &str) -> io::Result<Csv<BufReader<&[u8]>>> {
        Csv::open(BufReader::with_capacity(7, text.as_bytes()))
    }

    fn rows(text: &str) -> Vec<Row> {
        let mut csv = csv(text).expect("a heading");
        std::iter::from_fn(|| csv.next_row().expect("readable")).collect()
    }

    fn summary(text: &str) -> Vec<(u64, String)> {
        let tell = |row: Row| match row.members {
            Ok(members) => (row.line, Value::from(members).to_string()),
            Err(problem) => (row.line, problem.to_string()),
        };
        rows(text).into_iter().map(tell).collect()
    }

    #[test]
    fn fields_are_named_by_the_heading_and_unknown_columns_left_out() {
        let text = format!("{HEADING}a@b.cc,x,h1\r\n\r\n\n\"d\"\"e\",\"two\nlines\",\"h,2\"\nc@d.ee,,");
        let expected = [
            (2, r#"{"email":"a@b.cc","password_hash":"h1"}"#),
            (5, r#"{"email":"d\"e","password_hash":"h,2"}"#),
            (7, r#"{"email":"c@d.ee","password_hash":""}"#),
        ];
        assert_eq!(summary(&text), expected.map(|(line, text)| (line, text.to_owned())));
        let texts: Vec<_> = rows(&text).into_iter().map(|row| String::from_utf8(row.text).expect("text")).collect();
        assert_eq!(texts, ["a@b.cc,x,h1", "\"d\"\"e\",\"two\nlines\",\"h,2\"", "c@d.ee,,"]);
    }

    #[test]
    fn a_row_of_another_length_is_a_problem_of_its_own() {
        let text = format!("{HEADING}a,b\na,b,c,d\na,b,c\n");
        let expected = [
            (2, "it has 2 fields, and the heading has 3"),
            (3, "it has 4 fields, and the heading has 3"),
            (4, r#"{"email":"a","password_hash":"c"}"#),
        ];
        assert_eq!(summary(&text), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn an_enormous_row_is_skipped_and_not_kept() {
        let long = "x\n".repeat(LONGEST_ROW);
        let many = "x,".repeat(2 * MOST_COLUMNS);
        let text = format!("{HEADING}a,\"{long}\",c\n{many}\na,b,c\na,\"{long}");
        let rows = rows(&text);
        let lines: Vec<_> = rows.iter().map(|row| (row.line, row.text.len(), row.members.is_ok())).collect();
        let after = 2 + u64::try_from(LONGEST_ROW).expect("it fits") + 1;
        assert_eq!(lines, [(2, 0, false), (after, 0, false), (after + 1, 5, true), (after + 2, 0, false)]);
        assert_eq!(rows[0].members, Err(Problem::TooLong));
    }

    #[test]
    fn a_heading_that_cannot_do_is_refused_at_once() {
        for (text, expected) in [
            ("username,password\n", "names no column email or correo"),
            ("email;password\n", "names no column email or correo"),
            ("email,username\n", "names no column password_hash, password or hashed_password"),
            ("email,password,EMAIL\n", "names a column twice"),
        ] {
            let error = csv(text).err().expect("refused").to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(csv("").expect("nothing at all").next_row().expect("readable").is_none());
    }
}
