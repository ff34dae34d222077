//! Problems of members in the words of Django and Django REST Framework: the contracts that replace a Django service keep
//! the sentences that its clients show to people.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use tessera_domain::{Invalid, PasswordAttribute, PasswordProblem};
use utoipa::openapi::schema::{Array, Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::fields::{FieldErrors, Problem};

/// `{"field": ["sentence", ...], ...}`.
pub struct FieldMap<'a>(pub &'a FieldErrors);

impl PartialSchema for FieldMap<'_> {
    fn schema() -> RefOr<Schema> {
        let about = "What is wrong with each member, in sentences; `non_field_errors` are about none of them alone.";
        let sentences = Array::new(String::schema());
        let map = ObjectBuilder::new().schema_type(Type::Object).description(Some(about)).min_properties(Some(1));
        map.additional_properties(Some(Schema::Array(sentences))).into()
    }
}

impl ToSchema for FieldMap<'_> {
    fn name() -> Cow<'static, str> {
        "FieldErrors".into()
    }
}

impl Serialize for FieldMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut grouped: Vec<(&str, Vec<Cow<'static, str>>)> = Vec::new();
        for (field, problem) in self.0.iter() {
            let words = sentence(field, problem);
            match grouped.iter_mut().find(|(name, _)| *name == field) {
                Some((_, sentences)) => sentences.push(words),
                None => grouped.push((field, vec![words])),
            }
        }
        let mut map = serializer.serialize_map(Some(grouped.len()))?;
        for (field, sentences) in &grouped {
            map.serialize_entry(field, sentences)?;
        }
        map.end()
    }
}

/// What Django says to this.
fn sentence(field: &str, problem: Problem) -> Cow<'static, str> {
    match problem {
        Problem::Missing => "This field is required.".into(),
        Problem::Null => "This field may not be null.".into(),
        Problem::NotText => "Not a valid string.".into(),
        Problem::Nul => "Null characters are not allowed.".into(),
        Problem::Invalid(Invalid::Blank) => "This field may not be blank.".into(),
        Problem::Invalid(Invalid::ControlCharacter) => "Control characters are not allowed.".into(),
        Problem::Invalid(Invalid::TooLong { max }) => {
            // Of a password every byte counts, of everything else every character.
            let unit = if field.contains("password") { "bytes" } else { "characters" };
            format!("Ensure this field has no more than {max} {unit}.").into()
        }
        Problem::Invalid(Invalid::Malformed) => malformed(field).into(),
        Problem::Weak(problem) => weak(problem),
        Problem::Taken => format!("User with this {field} already exists.").into(),
    }
}

fn malformed(field: &str) -> &'static str {
    match field {
        "email" => "Enter a valid email address.",
        "username" => "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
        "limit" => "Enter a whole number that is at least 1.",
        "cursor" => "Invalid cursor",
        _ => "Enter a valid value.",
    }
}

fn weak(problem: PasswordProblem) -> Cow<'static, str> {
    match problem {
        PasswordProblem::TooShort { min } => {
            format!("This password is too short. It must contain at least {min} characters.").into()
        }
        PasswordProblem::TooCommon => "This password is too common.".into(),
        PasswordProblem::EntirelyNumeric => "This password is entirely numeric.".into(),
        PasswordProblem::TooSimilar(PasswordAttribute::Username) => {
            "The password is too similar to the username.".into()
        }
        PasswordProblem::TooSimilar(PasswordAttribute::Email) => {
            "The password is too similar to the email address.".into()
        }
        PasswordProblem::TooSimilar(PasswordAttribute::FullName) => {
            "The password is too similar to the full name.".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sentences_of_a_field_stand_together() {
        let errors = FieldErrors::from_iter([
            ("password", Problem::Weak(PasswordProblem::TooShort { min: 8 })),
            ("email", Problem::Taken),
            ("password", Problem::Weak(PasswordProblem::EntirelyNumeric)),
        ]);
        assert_eq!(
            serde_json::to_string(&FieldMap(&errors)).expect("JSON"),
            concat!(
                r#"{"password":["This password is too short. It must contain at least 8 characters.","#,
                r#""This password is entirely numeric."],"email":["User with this email already exists."]}"#
            )
        );
    }

    #[test]
    fn a_limit_names_its_unit() {
        let too_long = |max| Problem::Invalid(Invalid::TooLong { max });
        assert_eq!(sentence("email", too_long(254)), "Ensure this field has no more than 254 characters.");
        assert_eq!(sentence("password", too_long(1024)), "Ensure this field has no more than 1024 bytes.");
    }
}
