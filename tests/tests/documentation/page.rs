//! Reading the page: sections, the endpoints below them, and their examples.

use std::collections::BTreeMap;

use serde_json::Value;

/// One command, and what the page says is answered to it.
pub struct Example<'a> {
    /// What stands above it: the contract, or the part of the page.
    pub section: &'a str,
    /// The heading that it stands below: method and path.
    pub endpoint: &'a str,
    /// What a reader types.
    pub command: String,
    /// What they then see.
    pub answer: Answer,
}

/// An answer, as the page shows it or as curl does.
#[derive(Debug)]
pub struct Answer {
    /// `HTTP/1.1`, the code, its phrase.
    pub status: String,
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

/// Every example, in the order of the page.
pub fn examples(page: &str) -> Vec<Example<'_>> {
    let (mut section, mut endpoint, mut command) = ("", "", None);
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            (section, endpoint) = (heading, "");
        } else if let Some(heading) = line.strip_prefix("### `") {
            endpoint = heading.trim_end_matches('`');
        } else if line == "```sh" {
            assert!(command.is_none(), "{endpoint}: a command without an answer");
            command = Some(block(&mut lines));
        } else if line == "```http" {
            let command = command.take().unwrap_or_else(|| panic!("{endpoint}: an answer without a command"));
            assert!(!endpoint.is_empty(), "{section}: an example that stands below no endpoint");
            examples.push(Example { section, endpoint, command, answer: Answer::parse(&block(&mut lines)) });
        }
    }
    assert!(command.is_none(), "{endpoint}: a command without an answer");
    examples
}

/// Every endpoint that has a heading.
pub fn endpoints(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
}

/// The lines up to the end of a block.
fn block<'a>(lines: &mut impl Iterator<Item = &'a str>) -> String {
    lines.take_while(|line| *line != "```").collect::<Vec<_>>().join("\n")
}

impl Answer {
    /// Reads an answer in the form that it has on the wire.
    pub fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or_else(|| panic!("no body: {text}"));
        let mut lines = head.lines();
        let status = lines.next().expect("a status").trim_end().to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line}"));
            (name.to_lowercase(), value.trim().to_owned())
        };
        // What is no JSON is a page, and fits a name.
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        Self { status, headers: lines.map(header).collect(), body }
    }
}
