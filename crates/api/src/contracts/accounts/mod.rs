//! `accounts`: accounts and their owners, in the shapes and the words of Django REST Framework, which its clients were
//! written for. Bodies are JSON or forms.

mod dto;
mod error;
mod handlers;

use super::Contract;
use crate::Services;
use crate::http::routes::{Bearer, Open, Route, Routes};

pub(super) const CONTRACT: Contract =
    Contract { name: "accounts", owns: &["/api/auth/"], routes, render: error::render };

fn routes(routes: &mut Routes<'_>, _: &Services) {
    routes.add(Route::at("/api/auth/register").post::<Open, _>(handlers::register));
    routes.add(Route::at("/api/auth/login").post::<Open, _>(handlers::log_in));
    routes.add(Route::at("/api/auth/refresh").post::<Open, _>(handlers::refresh));
    routes.add(Route::at("/api/auth/forgot-password").post::<Open, _>(handlers::forgot_password));
    routes.add(Route::at("/api/auth/reset-password").post::<Open, _>(handlers::reset_password));
    routes.add(Route::at("/api/auth/verify-email").post::<Open, _>(handlers::verify_email));
    routes.add(Route::at("/api/auth/verify-email/resend").post::<Bearer, _>(handlers::resend_verification));
    routes.add(Route::at("/api/auth/logout").post::<Bearer, _>(handlers::log_out));
    routes.add(Route::at("/api/auth/change-password").post::<Bearer, _>(handlers::change_password));
    let profile = Route::at("/api/auth/profile").get::<Bearer, _>(handlers::profile);
    routes.add(profile.delete::<Bearer, _>(handlers::delete_profile));
    let update = Route::at("/api/auth/profile/update");
    routes.add(update.put::<Bearer, _>(handlers::update_profile).patch::<Bearer, _>(handlers::update_profile));
    routes.add(Route::at(handlers::ACTIVITY).get::<Bearer, _>(handlers::activity));
    let sessions = Route::at(handlers::SESSIONS).get::<Bearer, _>(handlers::sessions);
    routes.add(sessions.delete::<Bearer, _>(handlers::end_other_sessions));
    routes.add(Route::at("/api/auth/sessions/{id}").delete::<Bearer, _>(handlers::end_session));
}
