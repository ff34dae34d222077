//! The API document: what every endpoint takes and answers, as OpenAPI 3.1.
//!
//! A contract describes each of its endpoints as an [`Operation`], in a file `docs.rs` beside its handlers; the schemas come
//! from its wire types. What no contract says twice is added here: who may call, from the [protection](Access) of the
//! route, and what the HTTP layer refuses (`refusals.rs`) by itself, in the words of the contract that owns the path. The
//! document of a server is made of the routes that it serves, so that it tells of these and of no others.

mod answers;
pub(crate) mod examples;
mod operation;
mod refusals;
mod shape;
pub(crate) mod texts;

use std::sync::OnceLock;

use actix_web::http::Method;
use actix_web::web::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, HttpMethod, Info, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Server, Tag};

pub use self::operation::{Operation, Section};
pub use self::shape::Shape;
use crate::contracts::{self, CONTRACTS};
use crate::http::routes::Access;
use crate::system::docs::SECTIONS;

/// Describes an endpoint.
pub type Describe = fn() -> Operation;

/// An endpoint that is served, as the document is made of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its method.
    pub method: Method,
    /// Its path, without a slash at its end.
    pub path: &'static str,
    /// Who may call.
    pub access: Access,
    /// Everything else.
    pub describe: Describe,
}

/// The names of the ways to prove who calls.
const BEARER: &str = "bearer";
const REFRESH_BEARER: &str = "refresh_bearer";
const SERVICE: &str = "service";

const ABOUT: &str = "\
Accounts, and the tokens that they log in with. Each contract is a family of endpoints with its own shapes and words; \
all of them stand over the same accounts, so that who registers through one logs in through every other.

Every path is answered with and without a slash at its end. Members that are not known are ignored. Besides what is \
listed, a path that does not exist is 404, another method 405 with `Allow`, and another host than those of this service \
400, each in the shape of the contract that owns the path. Every answer has an `X-Request-Id`.";

/// The document of a server: made when somebody first asks for it.
pub struct Document {
    entries: Vec<Entry>,
    text: OnceLock<Bytes>,
}

impl Document {
    /// The document of these endpoints.
    pub fn of(entries: Vec<Entry>) -> Self {
        Self { entries, text: OnceLock::new() }
    }

    /// Its text, in JSON.
    pub fn text(&self) -> Result<Bytes, serde_json::Error> {
        if let Some(text) = self.text.get() {
            return Ok(text.clone());
        }
        let text = Bytes::from(openapi(&self.entries).to_json()?);
        Ok(self.text.get_or_init(|| text).clone())
    }
}

/// The document.
fn openapi(entries: &[Entry]) -> OpenApi {
    let (mut paths, mut components, mut sections) = (Paths::new(), Components::new(), Vec::new());
    for entry in entries {
        let Some(method) = method(&entry.method) else { continue };
        let operation = (entry.describe)();
        let section = contracts::owner_of(entry.path).map_or(operation.section(), |contract| contract.name);
        sections.push(section);
        let described = operation.into_openapi(entry.path, entry.access, section, &mut components);
        paths.add_path_operation(entry.path, vec![method], described);
    }
    add_security(&mut components);
    OpenApiBuilder::new()
        .info(info())
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(components))
        .tags(Some(tags(&sections)))
        .build()
}

/// The version is the document's; which build it comes from is nobody's business.
fn info() -> Info {
    InfoBuilder::new().title("Tessera").version("1").description(Some(ABOUT)).build()
}

fn tags(used: &[&str]) -> Vec<Tag> {
    let contracts = CONTRACTS.iter().map(|contract| Section { name: contract.name, about: contract.about });
    let sections = contracts.chain(SECTIONS).filter(|section| used.contains(&section.name));
    sections.map(|section| TagBuilder::new().name(section.name).description(Some(section.about)).build()).collect()
}

fn method(method: &Method) -> Option<HttpMethod> {
    [
        (Method::GET, HttpMethod::Get),
        (Method::POST, HttpMethod::Post),
        (Method::PUT, HttpMethod::Put),
        (Method::PATCH, HttpMethod::Patch),
        (Method::DELETE, HttpMethod::Delete),
    ]
    .into_iter()
    .find_map(|(served, described)| (served == *method).then_some(described))
}

fn add_security(components: &mut Components) {
    let bearer = |about| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(about));
        SecurityScheme::Http(scheme.build())
    };
    components.add_security_scheme(BEARER, bearer("An access token, as every login answers one."));
    components.add_security_scheme(REFRESH_BEARER, bearer("A refresh token, in the place of an access token."));
    let about = "One of the values of `SERVICE_SECRET`. Where none is set, in development only, programs on the same \
                 machine need none.";
    let secret = ApiKey::Header(ApiKeyValue::with_description("X-SERVICE-SECRET", about));
    components.add_security_scheme(SERVICE, SecurityScheme::ApiKey(secret));
}
