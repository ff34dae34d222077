//! The administration console: a page for people, and the few endpoints it calls. It is for staff, which is decided by the
//! service at each call; whoever is not sees a form to log in with.

mod accounts;
mod error;
mod page;

use crate::http::routes::{Bearer, Open, Route, Routes};

/// Registers the routes.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.add(Route::at("/admin").get::<Open, _>(page::html));
    routes.add(Route::at("/admin/page.css").get::<Open, _>(page::css));
    routes.add(Route::at("/admin/page.js").get::<Open, _>(page::js));
    routes.add(Route::at(accounts::LIST).get::<Bearer, _>(accounts::list));
    routes.add(Route::at("/admin/accounts/disable").post::<Bearer, _>(accounts::disable));
    routes.add(Route::at("/admin/accounts/enable").post::<Bearer, _>(accounts::enable));
}
