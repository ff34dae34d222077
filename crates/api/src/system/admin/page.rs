//! The files of the console, compiled into the binary.

use actix_web::HttpResponse;

use crate::http::caller::Anonymous;
use crate::http::rejection::Rejection;
use crate::system::file::{CSS, HTML, JS, file};

/// `GET /admin/`
pub async fn html(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(HTML, include_str!("page/index.html")))
}

/// `GET /admin/page.css`
pub async fn css(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(CSS, include_str!("page/page.css")))
}

/// `GET /admin/page.js`
pub async fn js(_: Anonymous) -> Result<HttpResponse, Rejection> {
    Ok(file(JS, include_str!("page/page.js")))
}
