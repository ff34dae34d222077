//! What an endpoint answers, status by status: with each the shapes that its body can have, and an example of each case.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, ResponseBuilder, Responses, ResponsesBuilder};

use super::shape::Shape;

/// A case in which an endpoint answers.
#[derive(Clone)]
pub struct Case {
    /// With this status.
    pub status: u16,
    /// Because of this.
    pub about: String,
    /// In this media type.
    pub media_type: &'static str,
    /// The body has this shape.
    pub shape: Shape,
    /// For example this one, if one says more than the shape.
    pub example: Option<Value>,
}

/// All cases of an endpoint.
#[derive(Default)]
pub struct Answers {
    cases: BTreeMap<u16, Vec<Case>>,
    headers: Vec<(u16, &'static str, &'static str)>,
}

impl Answers {
    /// Adds a case. One that looks like another of the same status is none.
    pub fn add(&mut self, case: Case) {
        let cases = self.cases.entry(case.status).or_default();
        if case.example.is_none() || cases.iter().all(|other| other.example != case.example) {
            cases.push(case);
        }
    }

    /// Adds a header to the answers with a status.
    pub fn add_header(&mut self, status: u16, name: &'static str, about: &'static str) {
        self.headers.push((status, name, about));
    }

    /// The answers, as the document says them. Their named schemas go to the components.
    pub fn into_openapi(self, components: &mut Components) -> Responses {
        let responses = self.cases.iter().map(|(status, cases)| {
            let headers = self.headers.iter().filter(|(of, ..)| of == status);
            let response = headers
                .fold(response(cases, components), |response, (_, name, about)| response.header(*name, header(about)));
            (status.to_string(), response.build())
        });
        ResponsesBuilder::new().responses_from_iter(responses.collect::<Vec<_>>()).build()
    }
}

fn response(cases: &[Case], components: &mut Components) -> ResponseBuilder {
    let mut about: Vec<&str> = Vec::new();
    let mut by_type: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        case.shape.note(components);
        if !about.contains(&case.about.as_str()) {
            about.push(&case.about);
        }
        by_type.entry(case.media_type).or_default().push(case);
    }
    let response = ResponseBuilder::new().description(about.join(" "));
    by_type.into_iter().fold(response, |response, (media_type, cases)| {
        let mut shapes: Vec<Shape> = Vec::new();
        for case in &cases {
            if shapes.iter().all(|shape| shape.schema != case.shape.schema) {
                shapes.push(case.shape.clone());
            }
        }
        let examples = cases.iter().enumerate().filter_map(|(place, case)| {
            let example = ExampleBuilder::new().summary(case.about.clone()).value(Some(case.example.clone()?));
            Some((format!("case_{}", place + 1), example.build()))
        });
        let content = ContentBuilder::new().schema(Some(Shape::any_of(&shapes)));
        response.content(media_type, content.examples_from_iter(examples).build())
    })
}

fn header(about: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(text)).description(Some(about)).build()
}
