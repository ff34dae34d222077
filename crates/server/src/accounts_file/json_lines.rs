//! JSON lines: one object a line.

use std::io::{self, BufRead, ErrorKind, Read as _};

use serde_json::Value;

use super::{LONGEST_ROW, Members, Problem, Row};

const ARRAY: &str = "it is a JSON array, and JSON lines has one object a line (manage.py dumpdata --format jsonl, or \
                     jq -c '.[]')";

/// A file of JSON lines that is being read.
pub struct JsonLines<R> {
    source: R,
    line: u64,
}

impl<R: BufRead> JsonLines<R> {
    /// Reads `source` from where it is. An array is refused as a whole, instead of line by line.
    pub fn open(mut source: R) -> io::Result<Self> {
        if source.fill_buf()?.trim_ascii_start().starts_with(b"[") {
            return Err(io::Error::new(ErrorKind::InvalidData, ARRAY));
        }
        Ok(Self { source, line: 0 })
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let text = match self.next_line()? {
                Line::End => return Ok(None),
                Line::TooLong => {
                    return Ok(Some(Row { line: self.line, text: Vec::new(), members: Err(Problem::TooLong) }));
                }
                Line::Text(text) => text,
            };
            let content = text.trim_ascii();
            if content.is_empty() {
                continue;
            }
            return Ok(Some(Row { line: self.line, text: content.to_vec(), members: members(content) }));
        }
    }

    fn next_line(&mut self) -> io::Result<Line> {
        let mut text = Vec::new();
        let longest = u64::try_from(LONGEST_ROW).unwrap_or(u64::MAX);
        if self.source.by_ref().take(longest).read_until(b'\n', &mut text)? == 0 {
            return Ok(Line::End);
        }
        self.line += 1;
        if text.len() < LONGEST_ROW || text.ends_with(b"\n") {
            return Ok(Line::Text(text));
        }
        self.source.skip_until(b'\n')?;
        Ok(Line::TooLong)
    }
}

/// A line, or why there is none.
enum Line {
    Text(Vec<u8>),
    TooLong,
    End,
}

fn members(text: &[u8]) -> Result<Members, Problem> {
    let text = str::from_utf8(text).map_err(|_| Problem::NotText)?;
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Problem::NotAnObject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Result<usize, Problem>)> {
        let mut rows = JsonLines::open(text.as_bytes()).expect("no array");
        let next =
            || rows.next_row().expect("readable").map(|row| (row.line, row.members.map(|members| members.len())));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn every_line_is_an_object_or_a_problem_of_its_own() {
        let text = "\n{\"a\": 1}\r\n  \n{\"a\": 1, \"b\": 2} \nnull\n{\"a\"\n\"secret\"\n{}";
        let not_an_object = || Err(Problem::NotAnObject);
        let expected = vec![(2, Ok(1)), (4, Ok(2)), (5, not_an_object()), (6, not_an_object()), (7, not_an_object())];
        assert_eq!(rows(text), [expected, vec![(8, Ok(0))]].concat());
        assert_eq!(rows(""), vec![]);
    }

    #[test]
    fn an_enormous_line_is_skipped_and_not_kept() {
        let text = format!("{{\"a\": \"{}\"}}\n{{}}\n", "x".repeat(10 * LONGEST_ROW));
        assert_eq!(rows(&text), vec![(1, Err(Problem::TooLong)), (2, Ok(0))]);
        let last = "x".repeat(LONGEST_ROW);
        assert_eq!(rows(&last), vec![(1, Err(Problem::TooLong))]);
    }

    #[test]
    fn what_is_not_text_is_a_problem() {
        let mut rows = JsonLines::open(&b"{\"a\": \"\xff\"}"[..]).expect("no array");
        assert_eq!(rows.next_row().expect("readable").expect("a row").members, Err(Problem::NotText));
    }

    #[test]
    fn an_array_is_refused_as_a_whole() {
        let refused = JsonLines::open(&b"\n [\n{}\n]"[..]).err().expect("refused");
        assert!(refused.to_string().contains("jsonl"), "{refused}");
    }
}
