//! An endpoint, as its contract describes it.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{self, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, Required};

use super::answers::{Answers, Case};
use super::shape::Shape;
use super::{BEARER, REFRESH_BEARER, SERVICE, refusals, texts};
use crate::http::routes::Access;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PROBLEM: &str = "application/problem+json";

/// A group of endpoints that belong to no contract.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// What they are for.
    pub about: &'static str,
}

/// What an endpoint is refused for without its handler being asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused {
    pub has_body: bool,
    pub is_limited: bool,
    pub can_fail: bool,
}

struct Body {
    shape: Shape,
    media_types: &'static [&'static str],
    example: Value,
    required: bool,
}

/// An endpoint, as its contract describes it.
pub struct Operation {
    id: &'static str,
    summary: &'static str,
    about: Option<&'static str>,
    section: &'static str,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: Answers,
    is_limited: bool,
    can_fail: bool,
    /// What a bearer may be, where it is no access token.
    other_bearer: Option<&'static str>,
    gives_bearer: Option<&'static str>,
    leads_away: bool,
}

impl Operation {
    /// The endpoint of this name, which is unique in the document, and what it does.
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            about: None,
            section: "service",
            parameters: Vec::new(),
            body: None,
            answers: Answers::default(),
            is_limited: false,
            can_fail: true,
            other_bearer: None,
            gives_bearer: None,
            leads_away: true,
        }
    }

    /// A file for a browser, in this media type.
    pub fn page(id: &'static str, summary: &'static str, media_type: &'static str) -> Self {
        let mut page = Self { leads_away: false, can_fail: false, ..Self::new(id, summary) };
        let about = "The file.".to_owned();
        page.answers.add(Case { status: 200, about, media_type, shape: Shape::file(media_type), example: None });
        page
    }

    /// Its name.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Answers a browser with what it asked for. For a file that it shows, and for what is asked for by programs that call
    /// themselves browsers, as monitors do.
    #[must_use]
    pub fn never_leads_away(self) -> Self {
        Self { leads_away: false, ..self }
    }

    /// Whether a browser that opens its path is led to its description.
    pub fn leads_away(&self) -> bool {
        self.leads_away
    }

    /// The section it belongs to, if its path belongs to no contract.
    pub(super) fn section(&self) -> &'static str {
        self.section
    }

    /// Says more than the summary does.
    #[must_use]
    pub fn about(self, about: &'static str) -> Self {
        Self { about: Some(about), ..self }
    }

    /// Belongs to this section.
    #[must_use]
    pub fn of(self, section: Section) -> Self {
        Self { section: section.name, ..self }
    }

    /// Takes a JSON object, for example this one.
    #[must_use]
    pub fn takes_json<T: ToSchema>(self, example: Value) -> Self {
        self.takes(Shape::of::<T>(), &[JSON], example)
    }

    /// Takes a JSON object or a form, for example this one.
    #[must_use]
    pub fn takes_json_or_form<T: ToSchema>(self, example: Value) -> Self {
        self.takes(Shape::of::<T>(), &[JSON, FORM], example)
    }

    fn takes(self, shape: Shape, media_types: &'static [&'static str], example: Value) -> Self {
        Self { body: Some(Body { shape, media_types, example, required: true }), ..self }
    }

    /// The body may be left out.
    #[must_use]
    pub fn or_nothing(self) -> Self {
        let body = self.body.map(|body| Body { required: false, ..body });
        Self { body, ..self }
    }

    /// Needs this header.
    #[must_use]
    pub fn needs_header(mut self, name: &'static str, about: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).build();
        self.parameters
            .push(parameter(ParameterIn::Header, name, about).required(Required::True).schema(Some(text)).build());
        self
    }

    /// Takes this parameter of the query, which is a text.
    #[must_use]
    pub fn takes_query(mut self, name: &'static str, about: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        self.parameters.push(parameter(ParameterIn::Query, name, about).schema(Some(text)).build());
        self
    }

    /// Takes this part of the path, which is an id.
    #[must_use]
    pub fn takes_id(mut self, name: &'static str, about: &'static str) -> Self {
        let id = <texts::Id as utoipa::PartialSchema>::schema();
        self.parameters
            .push(parameter(ParameterIn::Path, name, about).required(Required::True).schema(Some(id)).build());
        self
    }

    /// Answers a list, page by page.
    #[must_use]
    pub fn in_pages(mut self) -> Self {
        let limit = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).default(Some(100.into())).build();
        let about = "At most so many entries; more than 100 are 100.";
        self.parameters.push(parameter(ParameterIn::Query, "limit", about).schema(Some(limit)).build());
        let cursor = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]{21}[AQgw]$")).build();
        let about = "Where the page begins: what the `Link` of the page before says.";
        self.parameters.push(parameter(ParameterIn::Query, "cursor", about).schema(Some(cursor)).build());
        self.answers.add_header(200, "Link", "The next page, with `rel=\"next\"`, if there is one.");
        self
    }

    /// Takes a refresh token in the place of an access token, if one is sent there.
    #[must_use]
    pub fn takes_refresh_bearer(self) -> Self {
        Self { other_bearer: Some(REFRESH_BEARER), ..self }
    }

    /// Answers an access token, at this JSON pointer (RFC 6901).
    #[must_use]
    pub fn gives_bearer(self, pointer: &'static str) -> Self {
        Self { gives_bearer: Some(pointer), ..self }
    }

    /// How often it may be called is limited.
    #[must_use]
    pub fn limited(self) -> Self {
        Self { is_limited: true, ..self }
    }

    /// Asks nobody else, so that nothing can come in between.
    #[must_use]
    pub fn never_fails(self) -> Self {
        Self { can_fail: false, ..self }
    }

    /// Answers with this status and this shape, for example this.
    #[must_use]
    pub fn answers<T: ToSchema>(self, status: u16, about: &str, example: Value) -> Self {
        self.case(status, about, JSON, Shape::of::<T>(), example)
    }

    /// Answers a list of this shape, for example this one.
    #[must_use]
    pub fn answers_list_of<T: ToSchema>(self, about: &str, example: Value) -> Self {
        self.case(200, about, JSON, Shape::list_of::<T>(), example)
    }

    /// Refuses with problem details (RFC 9457), for example these.
    #[must_use]
    pub fn refuses<T: ToSchema>(self, status: u16, about: &str, example: Value) -> Self {
        self.case(status, about, PROBLEM, Shape::of::<T>(), example)
    }

    fn case(mut self, status: u16, about: &str, media_type: &'static str, shape: Shape, example: Value) -> Self {
        self.answers.add(Case { status, about: about.to_owned(), media_type, shape, example: Some(example) });
        self
    }

    /// The operation of the document. Its named schemas go to the components.
    pub(super) fn into_openapi(
        mut self,
        path: &str,
        access: Access,
        section: &str,
        components: &mut Components,
    ) -> path::Operation {
        let is_limited = self.is_limited || matches!(access, Access::Service | Access::MaybeService);
        let refused = Refused { has_body: self.body.is_some(), is_limited, can_fail: self.can_fail };
        for case in refusals::at(path, access, refused) {
            self.answers.add(case);
        }
        self.add_headers(is_limited);
        let body = self.body.map(|body| body.into_openapi(components));
        let extensions =
            self.gives_bearer.map(|pointer| ExtensionsBuilder::new().add("x-gives-bearer", pointer).build());
        let operation = OperationBuilder::new()
            .tag(section)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(self.about)
            .parameters((!self.parameters.is_empty()).then_some(self.parameters))
            .request_body(body)
            .responses(self.answers.into_openapi(components))
            .securities(securities(access, self.other_bearer));
        operation.extensions(extensions).build()
    }

    fn add_headers(&mut self, is_limited: bool) {
        self.answers.add_header(401, "WWW-Authenticate", "`Bearer`, and why a token does not count (RFC 6750).");
        self.answers.add_header(429, "Retry-After", "In how many seconds it is worth trying again.");
        self.answers.add_header(503, "Retry-After", "In how many seconds it is worth trying again.");
        if is_limited {
            self.answers.add_header(429, "RateLimit", "What is left of each limit that was met.");
            self.answers.add_header(429, "RateLimit-Policy", "Which limits these are.");
        }
    }
}

impl Body {
    fn into_openapi(self, components: &mut Components) -> RequestBody {
        self.shape.note(components);
        let required = if self.required { Required::True } else { Required::False };
        let body = RequestBodyBuilder::new().required(Some(required));
        let content =
            |example| ContentBuilder::new().schema(Some(self.shape.schema.clone())).example(Some(example)).build();
        let contents = self.media_types.iter().map(|media_type| (*media_type, content(self.example.clone())));
        contents.fold(body, |body, (media_type, content)| body.content(media_type, content)).build()
    }
}

fn parameter(place: ParameterIn, name: &str, about: &str) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(place).description(Some(about))
}

/// Who proves who they are, and how. Where nobody has to, an empty requirement says so.
fn securities(access: Access, other_bearer: Option<&str>) -> Option<Vec<SecurityRequirement>> {
    let with = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    let nobody = SecurityRequirement::default;
    match access {
        Access::Open => other_bearer.map(|name| vec![with(name), nobody()]),
        Access::Bearer => Some(vec![with(BEARER)]),
        Access::MaybeBearer => Some(vec![nobody(), with(BEARER)]),
        Access::Service => Some(vec![with(SERVICE)]),
        Access::MaybeService => Some(vec![nobody(), with(SERVICE)]),
    }
}
