//! What of a body an answer may repeat.
//!
//! FastAPI repeats what it refuses as `input`: for a missing member that is the whole body, password and all. Here the
//! shape stays and the secrets do not. Only members that are known to be public are repeated, since a misspelt
//! `pasword` is as secret as the right one; secret members show that they were there and nothing else; and what
//! somebody typed into the wrong field is not repeated because the field is public.

use serde_json::{Map, Value, json};

const PUBLIC: [&str; 2] = ["nombre", "correo"];
const SECRET: [&str; 2] = ["password", "token"];

/// What stands for a secret, whatever it was: pydantic's own mask.
const MASK: &str = "**********";

/// A body, as far as it may be repeated.
pub struct Input(Map<String, Value>);

impl Input {
    /// What of `sent` may be repeated.
    pub fn of(sent: &Map<String, Value>) -> Self {
        let secrets: Vec<String> = SECRET.iter().filter_map(|name| sent.get(*name)).flat_map(texts).collect();
        let public = PUBLIC.iter().filter_map(|name| Some((name, repeated(sent.get(*name)?, &secrets))));
        let masked = SECRET.iter().filter(|name| sent.contains_key(**name)).map(|name| (name, MASK.into()));
        Self(public.chain(masked).map(|(name, value)| ((*name).to_owned(), value)).collect())
    }

    /// All of it.
    pub fn whole(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// One member.
    pub fn member(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_else(|| MASK.into())
    }

    /// What may be repeated of a body that is no object: nothing in it has a name by which it could be known as public.
    pub fn nameless(sent: &Value) -> Value {
        match sent {
            Value::Null => Value::Null,
            Value::Array(_) => json!([]),
            _ => MASK.into(),
        }
    }
}

/// A public member, unless a secret is in it. Of an object or a list the kind alone is told.
fn repeated(value: &Value, secrets: &[String]) -> Value {
    let hides = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    match value {
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        Value::String(text) if hides(text) => MASK.into(),
        Value::Number(number) if hides(&number.to_string()) => MASK.into(),
        scalar => scalar.clone(),
    }
}

/// Every text and number in a value, without the blanks and control characters around it; of some nothing is left, and
/// they hide nothing.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let core = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
            if core.is_empty() { Vec::new() } else { vec![core.to_owned()] }
        }
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(sent: &Value) -> Value {
        Input::of(sent.as_object().expect("an object")).whole()
    }

    #[test]
    fn public_members_are_repeated_and_secret_ones_masked() {
        assert_eq!(
            input(&json!({"nombre": "Ana", "correo": 7, "password": "hunter2!", "token": null})),
            json!({"nombre": "Ana", "correo": 7, "password": MASK, "token": MASK})
        );
        assert_eq!(input(&json!({})), json!({}));
    }

    #[test]
    fn what_nobody_knows_is_left_out_name_and_all() {
        assert_eq!(input(&json!({"pasword": "hunter2!", "hunter2!": 1, "nombre": "Ana"})), json!({"nombre": "Ana"}));
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_a_secret() {
        for password in [json!("hunter2!\0 "), json!(["hunter2!"]), json!({"x": {"y": "hunter2!"}})] {
            let sent = json!({"nombre": "hunter2!", "correo": "is it hunter2!?", "password": password});
            assert_eq!(input(&sent), json!({"nombre": MASK, "correo": MASK, "password": MASK}));
        }
        let number =
            json!({"nombre": 83_610_472_965_u64, "correo": "it is 83610472965", "password": 83_610_472_965_u64});
        assert_eq!(input(&number), json!({"nombre": MASK, "correo": MASK, "password": MASK}));
        let nested = json!({"nombre": ["hunter2!"], "correo": {"password": "hunter2!"}});
        assert_eq!(input(&nested), json!({"nombre": [], "correo": {}}));
        assert_eq!(input(&json!({"nombre": "Ana", "password": " "})), json!({"nombre": "Ana", "password": MASK}));
    }

    #[test]
    fn a_body_without_names_is_not_repeated() {
        for (sent, shown) in [
            (json!("hunter2!"), json!(MASK)),
            (json!(["hunter2!"]), json!([])),
            (json!(7), json!(MASK)),
            (json!(null), json!(null)),
        ] {
            assert_eq!(Input::nameless(&sent), shown);
        }
    }
}
