//! The API document: it is one, it tells of what is served and of nothing else, and its examples are what it says.

use std::collections::BTreeSet;

use roas::v3_1::spec::Spec;
use roas::validation::{Options, Validate as _};
use serde_json::Value;
use tessera_api::Services;

use crate::described::{Described, document};
use crate::support::{get, send, services};

#[test]
fn the_document_and_the_mounted_routes_are_the_same_set() {
    let registered = tessera_api::endpoints(&services());
    let registered: BTreeSet<_> =
        registered.into_iter().map(|(method, path)| (method.as_str().to_lowercase(), path.to_owned())).collect();
    let document = document();
    let described: BTreeSet<_> =
        document.operations().map(|(path, method, _)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described, registered);
    assert!(described.len() > 40, "only {} operations", described.len());
}

/// The validator is that of the crate `roas`, which knows OpenAPI 3.1 with all its references. The one thing that it is told to
/// leave alone, references to other documents, there is none of.
#[test]
fn the_document_is_openapi_3_1() {
    let Described(document) = document();
    let spec: Spec = serde_json::from_value(document.clone()).expect("an OpenAPI document");
    spec.validate(Options::IgnoreExternalReferences.into(), None).expect("a valid one");
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = document();
    let mut count = 0;
    for (path, method, operation) in document.operations() {
        for (place, content) in contents(operation) {
            let given = [&content["example"]].into_iter().filter(|example| !example.is_null());
            let cases = content["examples"].as_object().into_iter().flat_map(|cases| cases.values());
            for example in given.chain(cases.map(|case| &case["value"])) {
                count += 1;
                let flaws = document.flaws(&content["schema"], example);
                assert_eq!(flaws, Vec::<String>::new(), "{method} {path}, {place}: {example}");
            }
        }
    }
    assert!(count > 300, "only {count} examples");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_belongs_to_a_section_that_is_described() {
    let document = document();
    let sections: Vec<_> = document.0["tags"].as_array().expect("tags").iter().map(|tag| tag["name"].clone()).collect();
    let mut names = BTreeSet::new();
    for (path, method, operation) in document.operations() {
        assert!(names.insert(operation["operationId"].as_str().expect("a name")), "{method} {path}");
        assert!(sections.contains(&operation["tags"][0]), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
}

#[test]
fn who_may_call_is_what_the_route_says() {
    let document = document();
    let security = |method: &str, path: &str| document.operation(method, path).expect("described")["security"].clone();
    assert_eq!(security("GET", "/api/auth/profile"), serde_json::json!([{"bearer": []}]));
    assert_eq!(security("GET", "/api/v1/users"), serde_json::json!([{}, {"bearer": []}]));
    assert_eq!(security("POST", "/auth/token/gen-tokens"), serde_json::json!([{"service": []}]));
    assert_eq!(security("POST", "/auth/token/refresh"), serde_json::json!([{"refresh_bearer": []}, {}]));
    assert_eq!(security("POST", "/api/v1/user/login"), Value::Null);
}

#[actix_web::test]
async fn what_is_served_is_described_and_what_is_not_is_not() {
    let answer = send(&services(), get("/openapi.json")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(serde_json::from_str::<Value>(&answer.body).expect("JSON"), document().0);
    let without = Services { demonstration: None, ..services() };
    let answer = send(&without, get("/openapi.json")).await;
    let served = Described(serde_json::from_str(&answer.body).expect("JSON"));
    assert!(served.operation("POST", "/api/request-token").is_none() && !answer.body.contains("request_token"));
}

/// The contents of the body and of all answers, each with a word for where it stands.
fn contents(operation: &Value) -> Vec<(String, &Value)> {
    let of = |place: String, value: &'static str, holder| -> Vec<(String, &Value)> {
        let holder: &Value = holder;
        let contents = holder[value].as_object();
        contents.into_iter().flat_map(|all| all.values()).map(|content| (place.clone(), content)).collect()
    };
    let answers = operation["responses"].as_object().expect("answers").iter();
    let answers = answers.flat_map(|(status, answer)| of(format!("answer {status}"), "content", answer));
    of("body".to_owned(), "content", &operation["requestBody"]).into_iter().chain(answers).collect()
}
