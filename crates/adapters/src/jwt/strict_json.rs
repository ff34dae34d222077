//! JSON read without the leniencies that attackers live on.
//!
//! serde reads a JSON array into a struct by position, even with `deny_unknown_fields`, and an absent optional member
//! from `null`. Two readers of one token then see two different tokens. Derived structs do refuse duplicate members,
//! and together with [`Object`], [`Text`] and [`present`] they accept one spelling of each thing only.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that is a JSON object, and not an array of its members.
pub(super) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// A value that is a JSON string, read by its own parser and written by its own display. Nothing is copied on the way.
pub(super) struct Text<T>(pub T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        // The text is not repeated in the error: it may be anything.
        text.parse().map(Text).map_err(|_| E::custom("not in the expected form"))
    }
}

/// For an optional member that, where it is present, has a value: `null` is not the same as absent. To be used with
/// `#[serde(default)]`, which stands for the absent one.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default, deserialize_with = "present")]
        size: Option<u32>,
    }

    fn read(json: &str) -> Option<Sample> {
        serde_json::from_str::<Object<Sample>>(json).ok().map(|Object(sample)| sample)
    }

    #[test]
    fn reads_an_object() {
        assert_eq!(read(r#"{"name":"a"}"#), Some(Sample { name: "a".into(), size: None }));
        assert_eq!(read(r#"{"size":1,"name":"a"}"#), Some(Sample { name: "a".into(), size: Some(1) }));
    }

    #[test]
    fn refuses_what_only_looks_like_one() {
        let deep = format!(r#"{{"name":{}"#, "[".repeat(2_000));
        for odd in [
            r#"["a",1]"#,
            r#"["a"]"#,
            r#"{"name":"a","size":null}"#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","size":1,"size":1}"#,
            r#"{"name":"a","other":1}"#,
            r#"{"name":"a"} {"name":"b"}"#,
            r#"{"name":"a""#,
            r#"{"name":"a",}"#,
            "null",
            r#""name""#,
            "",
            &deep,
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
