//! The docs in the browser: a page that shows the [API document](crate::document), and tries what it shows. It calls the
//! service as any other client does.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, VARY};
use actix_web::{HttpResponse, web};

use super::docs;
use super::file::{CSS, HTML, JS, file};
use crate::document::{Document, Operation};
use crate::http::caller::Anonymous;
use crate::http::pages::TELLS_BROWSERS;
use crate::http::rejection::Rejection;
use crate::http::routes::{Open, Route, Routes};

/// Registers the routes.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.add(Route::at("/openapi.json").get::<Open, _>(document, docs::document));
    routes.add(Route::at("/docs").get::<Open, _>(html, docs::html));
    routes.add(Route::at("/docs/page.css").get::<Open, _>(css, docs::css));
    routes.add(Route::at("/docs/page.js").get::<Open, _>(js, docs::js));
}

/// Leads a browser to the description of an operation. A relative way: which host and scheme clients see is not for a
/// request to say (requirement H5).
pub(crate) fn way_to(operation: &Operation) -> HttpResponse {
    let mut response = HttpResponse::SeeOther().finish();
    if let Ok(place) = HeaderValue::try_from(format!("/docs/#{}", operation.id())) {
        response.headers_mut().insert(LOCATION, place);
    }
    response.headers_mut().insert(VARY, HeaderValue::from_static(TELLS_BROWSERS));
    response
}

/// `GET /openapi.json`
async fn document(_: Anonymous, document: web::Data<Document>) -> Result<HttpResponse, Rejection> {
    let text = document.text().map_err(|error| Rejection::Internal { cause: error.to_string() })?;
    let mut response = HttpResponse::Ok().body(text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `GET /docs/`
async fn html(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(HTML, include_str!("page/index.html")))
}

/// `GET /docs/page.css`
async fn css(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(CSS, include_str!("page/page.css")))
}

/// `GET /docs/page.js`
async fn js(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(JS, include_str!("page/page.js")))
}
