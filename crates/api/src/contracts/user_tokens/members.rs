//! Members of the bodies of `user_tokens`, where an id may be a number or a text, and a form has no types at all.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use tessera_domain::{ExternalId, Invalid};
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::http::fields::Member;

/// Why a member cannot be used. The contract tells no more of it than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// It is not there, or as good as: `null`, blank, of another type.
    Absent,
    /// It is too long, or holds control characters.
    Unreadable,
}

impl From<Invalid> for Unusable {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Blank => Self::Absent,
            Invalid::TooLong { .. } | Invalid::ControlCharacter | Invalid::Malformed => Self::Unreadable,
        }
    }
}

/// The text of a member that is one, and not blank.
pub fn text(member: Member) -> Result<String, Unusable> {
    match member {
        Member::Text(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(Unusable::Absent),
    }
}

/// A user's id: an integer of 64 bits, or a text. In a form every value is a text, digits too, and is answered as one.
pub fn id(member: &Value) -> Result<ExternalId, Unusable> {
    match member {
        Value::Number(number) => number.as_i64().map(ExternalId::Number).ok_or(Unusable::Absent),
        Value::String(text) => Ok(ExternalId::parse(text)?),
        _ => Err(Unusable::Absent),
    }
}

/// Whether a member says yes: `true`, or that word, which is how forms say it. Python writes it with a capital.
pub fn is_true(member: &Value) -> bool {
    match member {
        Value::Bool(is_true) => *is_true,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// An id as it is answered: in the JSON type in which it came.
pub struct WireId<'a>(pub &'a ExternalId);

impl PartialSchema for WireId<'_> {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        let number = number.minimum(Some(i64::MIN)).maximum(Some(i64::MAX));
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200));
        let about = "The id by which the other service knows its user. `1` and `\"1\"` are one id.";
        Schema::AnyOf(AnyOfBuilder::new().item(number).item(text).description(Some(about)).build()).into()
    }
}

impl ToSchema for WireId<'_> {
    fn name() -> Cow<'static, str> {
        "ExternalId".into()
    }
}

impl Serialize for WireId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ExternalId::Number(number) => serializer.serialize_i64(*number),
            ExternalId::Text(text) => serializer.serialize_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: &str) -> Value {
        serde_json::from_str(json).expect("JSON")
    }

    fn answered(json: &str) -> Result<String, Unusable> {
        id(&member(json)).map(|id| serde_json::to_string(&WireId(&id)).expect("JSON"))
    }

    #[test]
    fn an_id_is_answered_as_it_came() {
        for json in ["1", "0", "-7", "9223372036854775807", "-9223372036854775808", r#""1""#, r#""01""#, r#"" a ""#] {
            assert_eq!(answered(json).as_deref(), Ok(json));
        }
    }

    #[test]
    fn everything_else_is_no_id() {
        for json in [
            "null",
            "true",
            "false",
            "1.0",
            "1.5",
            "-0",
            "1e3",
            "9223372036854775808",
            "-9223372036854775809",
            r#""""#,
            r#"" ""#,
            "[1]",
            r#"{"id":1}"#,
        ] {
            assert_eq!(answered(json), Err(Unusable::Absent), "{json}");
        }
        assert_eq!(answered(r#""a\u0000""#), Err(Unusable::Unreadable));
        assert_eq!(answered(&format!(r#""{}""#, "x".repeat(201))), Err(Unusable::Unreadable));
    }

    #[test]
    fn a_flag_is_true_or_it_is_not() {
        for json in ["true", r#""true""#, r#""True""#, r#""TRUE""#] {
            assert!(is_true(&member(json)), "{json}");
        }
        for json in ["false", "null", "1", "1.0", r#""1""#, r#""yes""#, r#""""#, r#"" true""#, "[true]", "{}"] {
            assert!(!is_true(&member(json)), "{json}");
        }
    }
}
