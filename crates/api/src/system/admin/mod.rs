//! The administration console: a page for people, and the few endpoints it calls. It is for staff, which is decided by the
//! service at each call; whoever is not sees a form to log in with.

mod accounts;
mod docs;
mod error;
mod page;

use crate::http::routes::{Bearer, Open, Route, Routes};

/// Registers the routes.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.add(Route::at("/admin").get::<Open, _>(page::html, docs::html));
    routes.add(Route::at("/admin/page.css").get::<Open, _>(page::css, docs::css));
    routes.add(Route::at("/admin/page.js").get::<Open, _>(page::js, docs::js));
    routes.add(Route::at(accounts::LIST).get::<Bearer, _>(accounts::list, docs::list));
    routes.add(Route::at("/admin/accounts/disable").post::<Bearer, _>(accounts::disable, docs::disable));
    routes.add(Route::at("/admin/accounts/enable").post::<Bearer, _>(accounts::enable, docs::enable));
}
