//! Which JSON is acceptable, beyond its grammar (requirement H1).
//!
//! `serde_json` alone would let a later member replace an earlier one of the same name, so that what one reader checked
//! is not what the next one uses; it fills a struct from an array by position; it skips over unknown members without
//! looking into their text. So the whole document is walked once before anything is made of it.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Objects and arrays may be nested this deep, the outermost one counted.
const DEEPEST: u8 = 32;

/// The body is not acceptable. Where and why is not kept: it would be about the input.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads one object, whose members have distinct names on every level.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Malformed);
    }
    walk(bytes).and_then(|()| serde_json::from_slice(bytes)).map_err(|_| Malformed)
}

/// Where a document stops being acceptable, for contracts that tell. It is about the input, but says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// The number of characters before that place.
    pub at: usize,
}

/// Reads one value of any kind, as strictly as [`read`] reads objects.
pub fn read_any(bytes: &[u8]) -> Result<Value, Flaw> {
    walk(bytes).and_then(|()| serde_json::from_slice(bytes)).map_err(|error| Flaw { at: place(&error, bytes) })
}

/// Looks at a whole document: one value, and nothing behind it.
fn walk(bytes: &[u8]) -> Result<(), serde_json::Error> {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    Walk { left: DEEPEST }.deserialize(&mut document)?;
    document.end()
}

/// The parser counts lines from 1, and in the line the bytes it has read: the offending one is the last of them, unless
/// what offends is the end.
fn place(error: &serde_json::Error, bytes: &[u8]) -> usize {
    let line = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len);
    let column = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
    let before = bytes.get(..line.sum::<usize>() + column).unwrap_or(bytes);
    String::from_utf8_lossy(before).chars().count()
}

/// Looks at a value and everything in it.
#[derive(Clone, Copy)]
struct Walk {
    /// How much deeper it may go.
    left: u8,
}

impl Walk {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate"));
            }
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    #[serde(default)]
    #[derive(Default)]
    struct Body {
        a: String,
    }

    fn read_a(bytes: &[u8]) -> Result<String, Malformed> {
        read::<Body>(bytes).map(|body| body.a)
    }

    fn nested(depth: usize) -> String {
        format!("{{\"x\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
    }

    #[test]
    fn takes_one_object_and_ignores_what_it_does_not_know() {
        for (text, a) in [
            (r#"{"a":"x"}"#, "x"),
            (" \r\n\t{ \"a\" : \"x\" } \n", "x"),
            (r#"{"is_staff":true,"id":[1,{"a":null}],"a":"x","n":-1.5e3}"#, "x"),
            (r#"{"a":"\ud83d\udd11"}"#, "🔑"),
            ("{}", ""),
        ] {
            assert_eq!(read_a(text.as_bytes()), Ok(a.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            " ",
            "null",
            "[]",
            r#"["x"]"#,
            r#""a""#,
            "1",
            "{",
            r#"{"a":"x""#,
            r#"{"a":"x"}}"#,
            r#"{"a":"x"} {}"#,
            r#"{"a":"x",}"#,
            "{a:1}",
            "{'a':'x'}",
            r#"{"a":NaN}"#,
            r#"{"a":"x"}//"#,
            "{\"a\":\"\n\"}",
            r#"{"a":01}"#,
            "\u{feff}{\"a\":\"x\"}",
            r#"{"a":"\ud800"}"#,
            r#"{"x":"\udc00","a":"x"}"#,
            r#"{"x\ud800":1}"#,
        ] {
            assert_eq!(read_a(text.as_bytes()), Err(Malformed), "{text}");
        }
        assert_eq!(read_a(b"{\"a\":\"\xff\"}"), Err(Malformed));
        assert_eq!(read_a(b"{\"x\":\"\xff\"}"), Err(Malformed));
    }

    #[test]
    fn a_name_appears_once_on_each_level_however_it_is_written() {
        for text in [
            r#"{"a":"x","a":"y"}"#,
            r#"{"a":"x","\u0061":"x"}"#,
            r#"{"x":1,"x":1}"#,
            r#"{"x":{"y":1,"y":1}}"#,
            r#"{"x":[{"y":1,"y":2}]}"#,
        ] {
            assert_eq!(read_a(text.as_bytes()), Err(Malformed), "{text}");
        }
        assert_eq!(read_a(br#"{"a":"x","A":"y","o":{"a":1}}"#), Ok("x".to_owned()));
    }

    #[test]
    fn a_flaw_is_where_a_reader_would_look_for_it() {
        let flaw = |text: &str| read_any(text.as_bytes()).map_err(|flaw| flaw.at);
        for (text, at) in [
            ("x", 0),
            ("   ", 3),
            ("{", 1),
            (r#"{"a""#, 4),
            (r#"{"a":"#, 5),
            (r#"{"a":1"#, 6),
            (r#"{"a":1,}"#, 7),
            (r#"{"a":1 "b":2}"#, 7),
            ("{a:1}", 1),
            ("{} x", 3),
            ("[1,]", 3),
            ("{\"ñ\":\"é\",x}", 9),
            ("{\n  \"ñ\": 1,\n  x}", 14),
            ("\u{feff}{}", 0),
        ] {
            assert_eq!(flaw(text), Err(at), "{text}");
        }
        for text in [r#"{"a":1,"a":2}"#, &nested(33), r#"{"a":"\ud800"}"#, r#"{"a":NaN}"#, r#"{"a":1e999}"#] {
            assert!(flaw(text).is_err_and(|at| at <= text.len()), "{text}");
        }
        assert!(read_any(b"{\"a\":\"\xff\"}").is_err());
        assert_eq!(flaw(r#" [1, "x"] "#), Ok(serde_json::json!([1, "x"])));
    }

    #[test]
    fn goes_thirty_two_deep_and_no_deeper() {
        assert!(read_a(nested(32).as_bytes()).is_ok());
        assert_eq!(read_a(nested(33).as_bytes()), Err(Malformed));
        assert_eq!(read_a(nested(10_000).as_bytes()), Err(Malformed));
    }
}
