//! The 422 of FastAPI with pydantic 2: a list of everything that is wrong with a body.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::input::Input;
use super::pydantic_words::describe;
use crate::http::answer;
use crate::http::errors::Refusal;
use crate::http::fields::{FieldErrors, Problem};
use crate::http::json::Flaw;

/// `{"detail": [{"type", "loc", "msg", "input"}, ...]}`
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = one_time_tokens::Unprocessable, description = "What is wrong with a body, as FastAPI says it.")]
pub struct Unprocessable {
    detail: Vec<Item>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = one_time_tokens::Item, description = "One thing that is wrong.")]
struct Item {
    r#type: &'static str,
    #[schema(value_type = Vec<Value>)]
    loc: Value,
    #[schema(value_type = String)]
    msg: Cow<'static, str>,
    #[schema(value_type = Value)]
    input: Value,
}

impl Unprocessable {
    /// These problems of the members of a body.
    pub fn members(errors: &FieldErrors, sent: &Map<String, Value>) -> Self {
        let input = Input::of(sent);
        let item = |(field, problem)| {
            let (kind, words) = describe(field, problem, sent.get(field).and_then(Value::as_str));
            // A member that is not there has no input of its own: what is repeated is what it is missing from.
            let input = if problem == Problem::Missing { input.whole() } else { input.member(field) };
            Item { r#type: kind, loc: json!(["body", field]), msg: words, input }
        };
        Self { detail: errors.iter().map(item).collect() }
    }

    /// There is no body.
    pub fn no_body() -> Self {
        Self::one("missing", json!(["body"]), "Field required", Value::Null)
    }

    /// The body is JSON, and no object.
    pub fn no_object(sent: &Value) -> Self {
        let words = "Input should be a valid dictionary or object to extract fields from";
        Self::one("model_attributes_type", json!(["body"]), words, Input::nameless(sent))
    }

    /// The body is no acceptable JSON from there on.
    pub fn no_json(flaw: Flaw) -> Self {
        Self::one("json_invalid", json!(["body", flaw.at]), "JSON decode error", json!({}))
    }

    fn one(kind: &'static str, loc: Value, msg: &'static str, input: Value) -> Self {
        Self { detail: vec![Item { r#type: kind, loc, msg: msg.into(), input }] }
    }

    pub fn into_answer(self) -> HttpResponse {
        answer::json(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}

impl From<Unprocessable> for Refusal {
    fn from(unprocessable: Unprocessable) -> Self {
        Self::Answered(unprocessable.into_answer())
    }
}
