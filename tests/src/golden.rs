//! Answers as golden text: everything that a client can rely on, with what differs from run to run replaced by its kind.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Answer;

/// The headers that belong to the contract of an answer, in the order in which they are written.
const HEADERS: &[&str] = &["allow", "www-authenticate", "retry-after", "cache-control", "content-type", "link"];

/// `insta::assert_snapshot!`, where several tests compare with one text: an answer is the same on every storage.
#[macro_export]
macro_rules! assert_snapshot {
    ($text:expr, @$golden:literal $(,)?) => {{
        let text = $text;
        $crate::insta::allow_duplicates! { $crate::insta::assert_snapshot!(text, @$golden) }
    }};
}

/// Writes an answer down: status, the headers of its contract, body.
pub fn render(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    for name in HEADERS {
        for value in answer.headers.get_all(*name) {
            let value = value.to_str().unwrap_or("(not text)");
            let _ = writeln!(text, "{name}: {}", settle(value));
        }
    }
    match serde_json::from_slice::<Value>(&answer.bytes) {
        Ok(body) => {
            let _ = write!(text, "\n{}", serde_json::to_string_pretty(&settled(body)).unwrap_or_default());
        }
        Err(_) => text.push_str(&String::from_utf8_lossy(&answer.bytes)),
    }
    text
}

fn settled(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(settle(&text)),
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, settled(value))).collect(),
        other => other,
    }
}

/// A whole text that differs from run to run becomes the name of its kind.
fn settle(text: &str) -> String {
    let kind = match text {
        jwt if jwt.starts_with("eyJ") && jwt.split('.').count() == 3 => "[jwt]",
        id if is_uuid(id) => "[uuid]",
        time if is_time(time) => "[time]",
        link if link.contains("cursor=") => return settle_cursor(link),
        other => return other.to_owned(),
    };
    kind.to_owned()
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// RFC 3339 in UTC, as `2026-01-31T08:00:00Z` or `2026-01-31T08:00:00.250000Z`: the two that Django REST framework writes.
fn is_time(text: &str) -> bool {
    matches!(text.len(), 20 | 27)
        && text.ends_with('Z')
        && text.get(10..11) == Some("T")
        && text.chars().all(|c| c.is_ascii_digit() || "-:.TZ".contains(c))
}

fn settle_cursor(link: &str) -> String {
    let Some((before, rest)) = link.split_once("cursor=") else { return link.to_owned() };
    let end = rest.find(['&', '>']).unwrap_or(rest.len());
    format!("{before}cursor=[cursor]{}", rest.get(end..).unwrap_or_default())
}
