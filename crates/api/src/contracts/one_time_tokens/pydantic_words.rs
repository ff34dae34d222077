//! Problems of members in the words of pydantic 2: its type of error, and its message. The rules that are ours and not
//! pydantic's are worded in Spanish, behind the prefix that it puts before the words of a service's own validators.

use std::borrow::Cow;

use tessera_domain::{Invalid, PasswordAttribute, PasswordProblem};

use crate::http::fields::Problem;

/// Type and message of a problem with `field`, whose text is `text` if it is one.
pub fn describe(field: &str, problem: Problem, text: Option<&str>) -> (&'static str, Cow<'static, str>) {
    match problem {
        Problem::Missing => ("missing", "Field required".into()),
        Problem::Null | Problem::NotText => ("string_type", "Input should be a valid string".into()),
        Problem::Nul | Problem::Invalid(_) if field == "correo" => {
            let reason = no_address_because(text.unwrap_or_default().trim());
            ("value_error", format!("value is not a valid email address: {reason}").into())
        }
        Problem::Invalid(Invalid::Blank) => ("string_too_short", "String should have at least 1 character".into()),
        // Of a password every byte counts, of everything else every character.
        Problem::Invalid(Invalid::TooLong { max }) if field == "password" => {
            ("bytes_too_long", format!("Data should have at most {max} bytes").into())
        }
        Problem::Invalid(Invalid::TooLong { max }) => {
            ("string_too_long", format!("String should have at most {max} characters").into())
        }
        Problem::Nul | Problem::Invalid(Invalid::ControlCharacter) => {
            ("value_error", "Value error, No se permiten caracteres de control".into())
        }
        Problem::Invalid(Invalid::Malformed) => ("value_error", "Value error, El valor no es válido".into()),
        Problem::Taken => ("value_error", "Value error, Ya está registrado".into()),
        Problem::Weak(problem) => ("value_error", format!("Value error, {}", weak(problem)).into()),
    }
}

/// The reasons that clients meet most, as the library behind `EmailStr` gives them; none of them quotes the text.
fn no_address_because(text: &str) -> &'static str {
    match text.rsplit_once('@') {
        None => "An email address must have an @-sign.",
        Some(("", _)) => "There must be something before the @-sign.",
        Some((_, "")) => "There must be something after the @-sign.",
        Some((_, domain)) if !domain.contains('.') => {
            "The part after the @-sign is not valid. It should have a period."
        }
        Some(_) if text.contains("..") => "An email address cannot have two periods in a row.",
        Some(_) => "The email address contains invalid characters, or is too long.",
    }
}

fn weak(problem: PasswordProblem) -> Cow<'static, str> {
    match problem {
        PasswordProblem::TooShort { min } => {
            format!("La contraseña es demasiado corta. Debe contener al menos {min} caracteres.").into()
        }
        PasswordProblem::TooCommon => "La contraseña es demasiado común.".into(),
        PasswordProblem::EntirelyNumeric => "La contraseña es enteramente numérica.".into(),
        PasswordProblem::TooSimilar(PasswordAttribute::Email) => {
            "La contraseña es demasiado parecida al correo.".into()
        }
        PasswordProblem::TooSimilar(PasswordAttribute::FullName | PasswordAttribute::Username) => {
            "La contraseña es demasiado parecida al nombre.".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_for_the_reason_it_gives() {
        for (text, reason) in [
            ("", "must have an @-sign"),
            ("ana", "must have an @-sign"),
            ("@example.com", "something before the @-sign"),
            ("ana@", "something after the @-sign"),
            ("ana@example", "should have a period"),
            ("a..b@example.com", "two periods in a row"),
            ("a b@example.com", "invalid characters"),
        ] {
            assert!(no_address_because(text).contains(reason), "{text}");
        }
    }

    #[test]
    fn a_limit_names_its_unit() {
        let too_long = Problem::Invalid(Invalid::TooLong { max: 150 });
        let (kind, words) = describe("nombre", too_long, None);
        assert_eq!((kind, &*words), ("string_too_long", "String should have at most 150 characters"));
        let (kind, words) = describe("password", too_long, None);
        assert_eq!((kind, &*words), ("bytes_too_long", "Data should have at most 150 bytes"));
    }
}
