//! Finding the endpoint of a path.
//!
//! actix-web asks one route after the other whether a path is its own, which for the last of ours costs more than
//! everything else that is done for a quick answer. Nearly all of our paths are plain text: those are looked up. The few with a
//! variable part are asked in their order.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};

use super::endpoint::Endpoint;
use super::errors::reject;
use super::rejection::Rejection;

/// Every endpoint, by its path.
#[derive(Default)]
pub(super) struct Router {
    plain: HashMap<&'static str, Mounted>,
    variable: Vec<(ResourceDef, Mounted)>,
}

struct Mounted {
    path: &'static str,
    endpoint: Endpoint,
}

impl Router {
    /// Has `endpoint` answer at `path`, and at the same path with a slash at its end. A variable part is in braces.
    pub(super) fn add(&mut self, path: &'static str, endpoint: Endpoint) {
        let mounted = Mounted { path, endpoint };
        if path.contains('{') {
            self.variable.push((ResourceDef::new([path.to_owned(), format!("{path}/")]), mounted));
        } else {
            self.plain.insert(path, mounted);
        }
    }

    /// Answers a request, also one for a path at which there is nothing. What is in the variable parts of its path is
    /// found in its `match_info` from then on.
    pub(super) async fn answer(&self, mut request: ServiceRequest) -> ServiceResponse {
        let path = without_slash(request.match_info().as_str());
        let found = self.plain.get(path).or_else(|| {
            let mut variable = self.variable.iter();
            variable.find(|(pattern, _)| pattern.capture_match_info(request.match_info_mut())).map(|(_, found)| found)
        });
        if let Some(mounted) = found {
            return mounted.endpoint.answer(request).await;
        }
        let refusal = reject(request.path(), Rejection::NotFound);
        request.into_response(refusal)
    }

    fn path_of(&self, path: &str) -> Option<&'static str> {
        let variable = || self.variable.iter().find(|(pattern, _)| pattern.is_match(path)).map(|(_, found)| found);
        self.plain.get(without_slash(path)).or_else(variable).map(|mounted| mounted.path)
    }
}

/// The path that a request's endpoint was registered with, if it has one: what a request is called in logs, where its own
/// path, which may hold anything, has no place.
pub(super) fn route_of(request: &HttpRequest) -> Option<&'static str> {
    let router = request.app_data::<Rc<Router>>()?;
    router.path_of(request.match_info().as_str())
}

/// A path and the same with a slash at its end are one; with two of them it is another.
fn without_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() && !shorter.ends_with('/') => shorter,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::http::settings::HttpSettings;

    fn router() -> Router {
        let mut router = Router::default();
        for path in ["/", "/api", "/api/things/{id}", "/api/things/all"] {
            router.add(path, Endpoint::new(Vec::new(), Rc::new(HttpSettings::default()), None));
        }
        router
    }

    /// The status that tells where a request ended: no endpoint here has a method.
    async fn status(path: &str) -> u16 {
        router().answer(TestRequest::with_uri(path).to_srv_request()).await.status().as_u16()
    }

    #[actix_web::test]
    async fn a_path_is_found_with_and_without_a_slash_at_its_end() {
        for path in ["/", "/api", "/api/", "/%61pi", "/api/things/7", "/api/things/7/", "/api/things/all"] {
            assert_eq!(status(path).await, 405, "{path}");
        }
        for path in ["//", "/api//", "/ap", "/API", "/api/things", "/api/things/7/8", "*"] {
            assert_eq!(status(path).await, 404, "{path}");
        }
    }

    #[test]
    fn a_route_is_called_by_what_it_was_registered_with() {
        let paths = ["/", "/api/", "/api/things/7/", "/api/things/all", "/nothing"].map(|path| router().path_of(path));
        assert_eq!(
            paths,
            [Some("/"), Some("/api"), Some("/api/things/{id}"), Some("/api/things/all"), None],
            "plain text goes before a variable part"
        );
        assert_eq!(route_of(&TestRequest::with_uri("/api").to_http_request()), None);
    }

    #[actix_web::test]
    async fn what_is_in_the_variable_part_is_kept() {
        let request = TestRequest::with_uri("/api/things/7/").to_srv_request();
        let answer = router().answer(request).await;
        assert_eq!(answer.request().match_info().get("id"), Some("7"));
        assert_eq!(Method::GET, *answer.request().method());
    }
}
