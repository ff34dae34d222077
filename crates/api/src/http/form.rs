//! Form-encoded text (`application/x-www-form-urlencoded`): bodies, and the query of a URL.
//!
//! As strict as the JSON: a name appears once, and what is no UTF-8 is refused instead of patched.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde::de::value::{Error, MapDeserializer};

use super::json::Malformed;

/// Reads members with distinct names.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut names = HashSet::new();
    let mut members = Vec::new();
    for (name, value) in pairs(bytes) {
        let name = name?;
        if !names.insert(name.clone()) {
            return Err(Malformed);
        }
        members.push((name, value?));
    }
    T::deserialize(MapDeserializer::<_, Error>::new(members.into_iter())).map_err(|_| Malformed)
}

/// The names and values, decoded one by one.
pub fn pairs(bytes: &[u8]) -> impl Iterator<Item = (Result<String, Malformed>, Result<String, Malformed>)> {
    bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default());
        (half(), half())
    })
}

/// A plus is a space, `%` and two digits are a byte. A `%` without two digits stands for itself, as browsers have it.
fn decode(text: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        bytes.push(match (first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn decoded(text: &str) -> Result<Vec<(String, String)>, Malformed> {
        pairs(text.as_bytes()).map(|(name, value)| Ok((name?, value?))).collect()
    }

    #[test]
    fn decodes_as_browsers_encode() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(decoded("a=x+y&b=%C3%a9%2B&&c"), Ok(vec![pair("a", "x y"), pair("b", "é+"), pair("c", "")]));
        assert_eq!(decoded("a=1%2&b=%zz&c=x=y"), Ok(vec![pair("a", "1%2"), pair("b", "%zz"), pair("c", "x=y")]));
        assert_eq!(decoded(""), Ok(vec![]));
    }

    #[test]
    fn refuses_what_is_ambiguous_or_no_text() {
        let members = |text: &[u8]| read::<HashMap<String, String>>(text).map(|members| members.len());
        assert_eq!(members(b"a=1&b=1&A=1"), Ok(3));
        for text in [&b"a=1&a=2"[..], b"a=1&%61=1", b"x&x", b"a=%ff", b"%ff=a", b"a=%ed%a0%80", b"a=\xff"] {
            assert_eq!(members(text), Err(Malformed), "{text:?}");
        }
    }
}
