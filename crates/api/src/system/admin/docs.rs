//! What the API document says of the administration.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::{Account, Named};
use crate::document::Operation;
use crate::document::examples::{ID, MOMENT};
use crate::http::errors::Problem;
use crate::system::docs::{ADMINISTRATION, PAGES};
use crate::system::file::{CSS, HTML, JS};

/// `GET /admin/`
pub fn html() -> Operation {
    Operation::page("admin", "The administration console", HTML).of(PAGES)
}

/// `GET /admin/page.css`
pub fn css() -> Operation {
    Operation::page("admin_css", "Its style", CSS).of(PAGES)
}

/// `GET /admin/page.js`
pub fn js() -> Operation {
    Operation::page("admin_js", "Its script", JS).of(PAGES)
}

/// `GET /admin/accounts`
pub fn list() -> Operation {
    Operation::new("administration_list", "List the accounts, with everything that is known of them")
        .of(ADMINISTRATION)
        .in_pages()
        .takes_query("name", "An address or a username: lists the account of this name, and no other.")
        .answers_list_of::<Account<'_>>("The accounts of the page.", json!([account()]))
        .refuses::<Problem>(
            400,
            "A parameter is malformed.",
            problem(StatusCode::BAD_REQUEST, "The limit or the cursor is malformed."),
        )
        .refuses::<Problem>(403, FORBIDDEN, problem(StatusCode::FORBIDDEN, FORBIDDEN))
}

/// `POST /admin/accounts/disable`
pub fn disable() -> Operation {
    switching("administration_disable", "Shut an account out: everything it is logged in to ends")
}

/// `POST /admin/accounts/enable`
pub fn enable() -> Operation {
    switching("administration_enable", "Let an account in again")
}

fn switching(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .of(ADMINISTRATION)
        .takes_json::<Named>(json!({"id": ID}))
        .answers::<Account<'_>>(200, "The account, as it is now.", account())
        .refuses::<Problem>(400, "The id is none.", problem(StatusCode::BAD_REQUEST, "The id is no id."))
        .refuses::<Problem>(403, FORBIDDEN, problem(StatusCode::FORBIDDEN, FORBIDDEN))
        .refuses::<Problem>(
            404,
            "There is no such account.",
            problem(StatusCode::NOT_FOUND, "There is no such account."),
        )
        .refuses::<Problem>(
            409,
            "The account is the caller's own.",
            problem(StatusCode::CONFLICT, "Nobody can shut out themselves."),
        )
}

const FORBIDDEN: &str = "Only staff may do this, and only a superuser to staff.";

fn problem(status: StatusCode, detail: &str) -> Value {
    json!({"type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail})
}

fn account() -> Value {
    json!({
        "id": ID, "email": "ana@example.com", "username": "ana", "full_name": null,
        "is_active": true, "is_verified": true, "is_staff": false, "is_superuser": false,
        "date_joined": MOMENT, "last_login": null, "last_login_ip": null
    })
}
