//! Reading a `.env` file the way its authors mean it.
//!
//! dotenvy reads what is quoted. A value without quotes is taken as it stands, up to a comment: generated keys hold `$`,
//! `#` and `\`, names hold spaces, and dotenvy would replace, cut or refuse those. A setting is one line; the last line
//! of a name counts. No message ever repeats a line, since it may hold a secret.

use std::collections::HashMap;

/// The variables of a `.env` file, and what of it could not be read.
#[derive(Default)]
pub(super) struct DotEnv {
    pub variables: HashMap<String, String>,
    /// By their numbers: a line itself may hold a secret.
    pub unreadable_lines: Vec<usize>,
    /// What is wrong with the file as a whole.
    pub problem: Option<String>,
}

impl DotEnv {
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            match parse_line(line) {
                Ok(Some((name, value))) => {
                    parsed.variables.insert(name, value);
                }
                Ok(None) => {}
                Err(Unreadable) => parsed.unreadable_lines.push(number),
            }
        }
        parsed
    }
}

/// A line that is neither a setting nor a comment.
struct Unreadable;

fn parse_line(line: &str) -> Result<Option<(String, String)>, Unreadable> {
    let prepared = quote_plain_value(line);
    dotenvy::from_read_iter(prepared.as_bytes()).next().transpose().map_err(|_| Unreadable)
}

/// The same line with a plain value in quotes and everything in it escaped; any other line unchanged.
fn quote_plain_value(line: &str) -> String {
    let Some((name, rest)) = line.split_once('=') else { return line.to_owned() };
    let value = rest.trim_start();
    if name.trim_start().starts_with('#') || value.starts_with(['"', '\'']) {
        return line.to_owned();
    }
    let mut quoted = format!("{name}=\"");
    for c in before_comment(rest).trim().chars() {
        if matches!(c, '\\' | '"' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A `#` begins a comment after white space, or right at the start; elsewhere it belongs to the value.
fn before_comment(text: &str) -> &str {
    let is_comment = |(at, _): &(usize, &str)| text.get(..*at).is_none_or(|b| b.is_empty() || b.ends_with([' ', '\t']));
    match text.match_indices('#').find(is_comment) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<String> {
        DotEnv::parse(line).variables.remove("KEY")
    }

    #[test]
    fn a_plain_value_is_taken_as_it_stands() {
        for (line, expected) in [
            ("KEY=value", "value"),
            ("KEY = value ", "value"),
            ("export KEY=value", "value"),
            ("KEY=Token Service API", "Token Service API"),
            ("KEY=a$b${c}#d\\e'f\"g(&*^%=", "a$b${c}#d\\e'f\"g(&*^%="),
            ("KEY=your-app-password  # Not your regular password!", "your-app-password"),
            ("KEY=\t# nothing", ""),
            ("KEY=", ""),
        ] {
            assert_eq!(value(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_quoted_value_may_hold_anything() {
        assert_eq!(value("KEY='a # b $c'").as_deref(), Some("a # b $c"));
        assert_eq!(value("KEY=\"a \\\"b\\\" # c\" # comment").as_deref(), Some("a \"b\" # c"));
    }

    #[test]
    fn comments_and_blank_lines_are_nothing_and_the_last_line_counts() {
        let parsed = DotEnv::parse("\u{feff}# KEY=0\r\n\r\n  # KEY=\"0\r\nKEY=1\r\nKEY=2\r\n");
        assert_eq!(parsed.variables.get("KEY").map(String::as_str), Some("2"));
        assert!(parsed.unreadable_lines.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        let parsed = DotEnv::parse("KEY=1\nhunter2\nOTHER='open\n2KEY=1\nLAST=1");
        assert_eq!(parsed.unreadable_lines, [2, 3, 4]);
        assert_eq!(parsed.variables.len(), 2);
    }
}
