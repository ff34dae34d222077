//! The API document, as the tests of everything else use it: an answer that it does not tell of is a defect, whichever
//! test meets it.

use std::sync::LazyLock;

use actix_web::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::support::{Answer, services};

/// The document of a server that serves everything.
pub fn document() -> &'static Described {
    static DOCUMENT: LazyLock<Described> = LazyLock::new(|| {
        let text = tessera_api::document(&services()).expect("a document");
        Described(serde_json::from_slice(&text).expect("JSON"))
    });
    &DOCUMENT
}

/// An API document.
pub struct Described(pub Value);

impl Described {
    /// Everything that it describes: path, method, operation.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    /// What it says of this method at this path, with or without a slash at its end.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let bare = path.split('?').next().unwrap_or(path);
        let bare = bare.strip_suffix('/').filter(|bare| !bare.is_empty()).unwrap_or(bare);
        let method = if method == "HEAD" { "GET" } else { method };
        let mut operations = self.operations();
        let found = operations.find(|(described, of, _)| of.to_uppercase() == method && matches(described, bare));
        found.map(|(.., operation)| operation)
    }

    /// Everything in which a value is not what a schema of the document says. A member of which it does not tell is a
    /// flaw, too.
    pub fn flaws(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut root: Map<String, Value> = schema.as_object().expect("a schema").clone();
        root.insert("unevaluatedProperties".to_owned(), false.into());
        root.insert("components".to_owned(), self.0["components"].clone());
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&Value::Object(root))
            .expect("a schema");
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// Holds an answer against the document. What was asked at no path of it, or with another method than it has there, is
/// told of in words only.
pub fn check(method: &str, path: &str, answer: &Answer) {
    let document = document();
    let Some(operation) = document.operation(method, path) else { return };
    let status = answer.status.as_u16().to_string();
    let described = &operation["responses"][&status];
    assert!(described.is_object() || status == "303", "{method} {path} answers {status}, undescribed: {}", answer.body);
    let Some(contents) = described["content"].as_object() else { return };
    let media_type = answer.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let content = contents.get(media_type);
    let content = content.unwrap_or_else(|| panic!("{method} {path} answers {status} as {media_type}, undescribed"));
    if method != "HEAD" && media_type.ends_with("json") {
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(document.flaws(&content["schema"], &body), Vec::<String>::new(), "{method} {path}: {}", answer.body);
    }
}

/// Whether a path is one of those that a described path stands for.
fn matches(described: &str, path: &str) -> bool {
    let is_parameter = |part: &str| part.starts_with('{');
    described.split('/').count() == path.split('/').count()
        && described.split('/').zip(path.split('/')).all(|(of, part)| is_parameter(of) || of == part)
}
