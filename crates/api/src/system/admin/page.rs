//! The files of the console, compiled into the binary.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};

use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;

/// The page runs its own script and style, and calls nobody but this service. Nothing is inline, so that text which gets
/// into the page by mistake stays text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// A new version of the service is a new version of the page.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

/// `GET /admin/`
pub async fn html(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file("text/html; charset=utf-8", include_str!("page/index.html")))
}

/// `GET /admin/page.css`
pub async fn css(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file("text/css; charset=utf-8", include_str!("page/page.css")))
}

/// `GET /admin/page.js`
pub async fn js(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file("text/javascript; charset=utf-8", include_str!("page/page.js")))
}

fn file(media_type: &'static str, text: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok().body(text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, FRESH);
    response
}
