//! The names that the page gives to what is different each time.

use std::collections::BTreeMap;

use serde_json::Value;

/// What each `$NAME` of a section stands for.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Names and values, as variables of a shell.
    pub fn variables(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// Whether `actual` is what the page expects. A name that is new is given to what stands there; one that is known has
    /// to stand there again.
    pub fn fit(&mut self, expected: &Value, actual: &Value) -> bool {
        match (expected, actual) {
            (Value::String(expected), Value::String(actual)) => self.fit_text(expected, actual),
            (Value::String(expected), Value::Number(_) | Value::Object(_)) => {
                self.fit_text(expected, &actual.to_string())
            }
            (Value::Array(expected), Value::Array(actual)) => {
                expected.len() == actual.len() && expected.iter().zip(actual).all(|(e, a)| self.fit(e, a))
            }
            (Value::Object(expected), Value::Object(actual)) => {
                let mut fits = |(name, value)| actual.get(name).is_some_and(|actual| self.fit(value, actual));
                expected.len() == actual.len() && expected.iter().all(&mut fits)
            }
            _ => expected == actual,
        }
    }

    /// The same for a text, which may hold one name.
    pub fn fit_text(&mut self, expected: &str, actual: &str) -> bool {
        let Some((before, rest)) = expected.split_once('$') else { return expected == actual };
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(value) = actual.strip_prefix(before).and_then(|actual| actual.strip_suffix(after)) else {
            return false;
        };
        !value.is_empty() && self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned()) == value
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_does_not_fit() {
        for (expected, actual) in [
            (json!({"a": 1}), json!({"a": 2})),
            (json!({"a": 1}), json!({"a": 1, "b": 1})),
            (json!({"a": 1, "b": 1}), json!({"a": 1})),
            (json!([1]), json!([1, 1])),
            (json!("a_$NAME"), json!("b_1")),
            (json!("$NAME"), json!("")),
            (json!("$NAME"), json!(null)),
            (json!("NAME"), json!({"a": 1})),
            (json!(["$NAME", "$NAME"]), json!(["1", "2"])),
        ] {
            assert!(!Names::default().fit(&expected, &actual), "{expected} {actual}");
        }
    }

    #[test]
    fn a_name_stands_for_what_it_was_given_to() {
        let mut names = Names::default();
        assert!(names.fit(&json!({"a": "<$NAME>", "b": ["$NAME"]}), &json!({"b": ["x"], "a": "<x>"})));
        assert_eq!(names.variables().collect::<Vec<_>>(), [(&"NAME".to_owned(), &"x".to_owned())]);
        assert!(names.fit(&json!("$DOCUMENT"), &json!({"a": [1]})));
    }
}
