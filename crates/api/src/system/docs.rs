//! What the API document says of everything that belongs to no contract.

use serde_json::json;

use super::Links;
use super::file::{CSS, HTML, JS};
use super::health::{Readiness, Report, Status};
use super::key_set::KeySet;
use crate::document::{Operation, Section};

/// How the service is, and where things are.
pub const SERVICE: Section = Section {
    name: "service",
    about: "How the service is, where things are, and the keys that its tokens are verified with.",
};

/// For staff.
pub const ADMINISTRATION: Section = Section {
    name: "administration",
    about: "For staff. Whether a caller is staff is looked up at each call. Problems are problem details (RFC 9457).",
};

/// For people with a browser.
pub const PAGES: Section = Section { name: "pages", about: "For people with a browser, and this document." };

/// All of them, in the order of the document.
pub const SECTIONS: [Section; 3] = [SERVICE, ADMINISTRATION, PAGES];

/// `GET /livez`
pub fn live() -> Operation {
    Operation::new("service_live", "Whether the process answers").never_leads_away().never_fails().answers::<Status>(
        200,
        "It does.",
        json!({"status": "ok"}),
    )
}

/// `GET /readyz`
pub fn ready() -> Operation {
    let (up, down) = (json!({"status": "ok", "latency_ms": 0.05}), json!({"status": "down", "latency_ms": 1000.0}));
    Operation::new("service_ready", "Whether requests should be sent here")
        .never_leads_away()
        .answers::<Readiness>(200, "They should.", json!({"status": "ok", "backends": {"sqlite": up}}))
        .answers::<Readiness>(
            200,
            "They should, although a backend is away that is not always needed.",
            json!({
                "status": "degraded", "concerns": {"redis": "does not answer"},
                "backends": {"sqlite": up, "redis": down}
            }),
        )
        .answers::<Readiness>(
            503,
            "A backend is away that is needed.",
            json!({"status": "down", "concerns": {"sqlite": "does not answer"}, "backends": {"sqlite": down}}),
        )
        .answers::<Readiness>(
            503,
            "The service is about to stop.",
            json!({"status": "stopping", "backends": {"sqlite": up}}),
        )
}

/// `GET /api/health/`
pub fn health() -> Operation {
    Operation::new("service_health", "How each backend is")
        .never_leads_away()
        .answers::<Report>(
            200,
            "Requests can be answered.",
            json!({"status": "ok", "backends": {"sqlite": {"status": "ok", "latency_ms": 0.05}}}),
        )
        .answers::<Report>(
            503,
            "A backend is away that is needed.",
            json!({"status": "down", "backends": {"sqlite": {"status": "down", "latency_ms": 1000.0}}}),
        )
}

/// `GET /.well-known/jwks.json`
pub fn key_set() -> Operation {
    Operation::new("service_keys", "The public keys that tokens are verified with")
        .about("Empty where tokens are signed with a shared secret.")
        .never_leads_away()
        .never_fails()
        .answers::<KeySet<'_>>(
            200,
            "The key set (RFC 7517).",
            json!({"keys": [{
                "kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
            }]}),
        )
}

/// `GET /api/`
pub fn api_root() -> Operation {
    links("service_api")
}

/// `GET /`
pub fn root() -> Operation {
    links("service_root")
}

fn links(id: &'static str) -> Operation {
    Operation::new(id, "Where things are").never_fails().answers::<Links>(
        200,
        "Links.",
        json!({
            "docs": "/docs/", "document": "/openapi.json", "users": "/api/v1/users", "health": "/api/health/",
            "keys": "/.well-known/jwks.json", "admin": "/admin/"
        }),
    )
}

/// `GET /docs/`
pub fn html() -> Operation {
    Operation::page("docs", "This document, to read and to try", HTML).of(PAGES)
}

/// `GET /docs/page.css`
pub fn css() -> Operation {
    Operation::page("docs_css", "Its style", CSS).of(PAGES)
}

/// `GET /docs/page.js`
pub fn js() -> Operation {
    Operation::page("docs_js", "Its script", JS).of(PAGES)
}

/// `GET /openapi.json`
pub fn document() -> Operation {
    Operation::page("document", "This document", "application/json").of(PAGES)
}
