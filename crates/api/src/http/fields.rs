//! Members of a body: what can be wrong with one, and all that is wrong with all of them.
//!
//! A wire type declares its members as [`Member`] and their shape with `validator`; [`Fields`] then makes domain values of
//! them and collects every problem before anything is answered. Of validator's errors only the code is read: they carry
//! the value that was refused (a password, perhaps), so nothing here may print or serialise one. [`Member`] sees to that
//! from its side too: it neither prints nor serialises its text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use tessera_domain::{Invalid, PasswordProblem};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// A member that should be a text.
#[derive(Default)]
pub enum Member {
    /// It is not there.
    #[default]
    Missing,
    /// It is `null`.
    Null,
    /// It is something else than a text.
    NotText,
    /// It is a text.
    Text(String),
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is not there.
    Missing,
    /// It is `null`.
    Null,
    /// It is no text.
    NotText,
    /// It holds a NUL.
    Nul,
    /// It is a text, and not one of those it should be.
    Invalid(Invalid),
    /// It is a password that nobody should choose.
    Weak(PasswordProblem),
    /// It belongs to another account.
    Taken,
}

/// The problems of a body, in the order in which its members were read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, Problem)>);

impl FieldErrors {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Problem)> {
        self.0.iter().copied()
    }
}

impl FromIterator<(&'static str, Problem)> for FieldErrors {
    fn from_iter<I: IntoIterator<Item = (&'static str, Problem)>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

/// The reader of a body's members.
pub struct Fields {
    verdict: ValidationErrors,
    errors: FieldErrors,
}

impl Fields {
    /// Begins to read `body`: looks at the shape of all of it.
    pub fn of(body: &impl Validate) -> Self {
        Self { verdict: body.validate().err().unwrap_or_default(), errors: FieldErrors::default() }
    }

    /// The value of a member, or a problem more.
    pub fn read<T>(
        &mut self,
        field: &'static str,
        member: &Member,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let problem = match (self.shape_of(field), member) {
            (Some(problem), _) => problem,
            (None, Member::Text(text)) => match parse(text) {
                Ok(value) => return Some(value),
                Err(Invalid::ControlCharacter) if text.contains('\0') => Problem::Nul,
                Err(invalid) => Problem::Invalid(invalid),
            },
            // Its rule lets it be missing, and here it is needed.
            (None, other) => other.shape(),
        };
        self.errors.0.push((field, problem));
        None
    }

    /// The value of a member that need not be there; `None` if it is not, or a problem more.
    pub fn read_if_there<T>(
        &mut self,
        field: &'static str,
        member: &Member,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match member {
            Member::Missing => None,
            member => self.read(field, member, parse),
        }
    }

    /// Refuses, if anything was found.
    pub fn finish(self) -> Result<(), FieldErrors> {
        if self.errors.0.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// Everything that was found.
    pub fn into_errors(self) -> FieldErrors {
        self.errors
    }

    fn shape_of(&self, field: &str) -> Option<Problem> {
        match self.verdict.errors().get(field)? {
            ValidationErrorsKind::Field(errors) => errors.first().map(|error| Problem::from_code(&error.code)),
            ValidationErrorsKind::Struct(_) | ValidationErrorsKind::List(_) => Some(Problem::NotText),
        }
    }
}

/// The rule of a member that has to be there, for `#[validate(custom(function = "text"))]`.
pub fn text(member: &Member) -> Result<(), ValidationError> {
    match member {
        Member::Text(_) => Ok(()),
        other => Err(ValidationError::new(other.shape().code())),
    }
}

/// The rule of a member that need not be there.
pub fn optional_text(member: &Member) -> Result<(), ValidationError> {
    match member {
        Member::Missing => Ok(()),
        other => text(other),
    }
}

impl Problem {
    const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            _ => "not_text",
        }
    }

    fn from_code(code: &str) -> Self {
        let shapes = [Self::Missing, Self::Null];
        shapes.into_iter().find(|shape| shape.code() == code).unwrap_or(Self::NotText)
    }
}

impl Member {
    fn shape(&self) -> Problem {
        match self {
            Self::Missing => Problem::Missing,
            Self::Null => Problem::Null,
            Self::NotText | Self::Text(_) => Problem::NotText,
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Null => "Null",
            Self::NotText => "NotText",
            Self::Text(_) => "Text(..)",
        })
    }
}

/// validator copies the refused value into its error: it gets nothing.
impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

/// Takes whatever comes: a member of the wrong type is an answer of its own, not a malformed body.
struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Member, E> {
        Ok(Member::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::NotText)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::NotText)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::NotText)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::NotText)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::NotText)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Member, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::NotText)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use tessera_domain::{Email, PlainPassword};

    use super::*;

    #[derive(Debug, Default, Deserialize, Validate)]
    #[serde(default)]
    struct Body {
        #[validate(custom(function = "text"))]
        email: Member,
        #[validate(custom(function = "text"))]
        password: Member,
        #[validate(custom(function = "optional_text"))]
        note: Member,
    }

    fn problems(json: &str) -> Vec<(&'static str, Problem)> {
        let body: Body = serde_json::from_str(json).expect("JSON");
        let mut fields = Fields::of(&body);
        fields.read("email", &body.email, Email::parse);
        fields.read("password", &body.password, |text| PlainPassword::parse(text));
        fields.into_errors().0
    }

    #[test]
    fn every_member_is_looked_at_before_anything_is_answered() {
        assert_eq!(problems("{}"), [("email", Problem::Missing), ("password", Problem::Missing)]);
        assert_eq!(
            problems(r#"{"password":7,"email":null}"#),
            [("email", Problem::Null), ("password", Problem::NotText)]
        );
        assert_eq!(
            problems(r#"{"email":"a","password":" "}"#),
            [("email", Problem::Invalid(Invalid::Malformed)), ("password", Problem::Invalid(Invalid::Blank))]
        );
        assert_eq!(
            problems(r#"{"email":"a\u0001@example.com","password":"a\u0000b"}"#),
            [("email", Problem::Invalid(Invalid::ControlCharacter)), ("password", Problem::Nul)]
        );
        for odd in ["true", "1", "-1", "1.5", "[\"x\"]", "{\"x\":1}"] {
            let body = format!(r#"{{"email":"ana@example.com","password":{odd}}}"#);
            assert_eq!(problems(&body), [("password", Problem::NotText)], "{odd}");
        }
    }

    #[test]
    fn an_optional_member_may_be_missing_but_not_odd() {
        let note = |json: &str| {
            let body: Body = serde_json::from_str(json).expect("JSON");
            Fields::of(&body).shape_of("note")
        };
        assert_eq!(note("{}"), None);
        assert_eq!(note(r#"{"note":"x"}"#), None);
        assert_eq!(note(r#"{"note":null}"#), Some(Problem::Null));
        assert_eq!(note(r#"{"note":1}"#), Some(Problem::NotText));
    }

    #[test]
    fn a_text_is_in_no_error_and_no_debug_output() {
        let body: Body = serde_json::from_str(r#"{"email":["hunter2!"],"password":"hunter2!"}"#).expect("JSON");
        let verdict = Fields::of(&body).verdict;
        let shown = format!("{body:?} {verdict:?} {verdict} {}", serde_json::to_string(&verdict).expect("JSON"));
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("not_text"), "{shown}");
    }
}
