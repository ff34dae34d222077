//! `accounts`: accounts and their owners, in the shapes and the words of Django REST Framework, which its clients were
//! written for. Bodies are JSON or forms.

mod docs;
mod dto;
mod error;
mod handlers;

use super::Contract;
use crate::Services;
use crate::http::routes::{Bearer, Open, Route, Routes};

pub(super) const CONTRACT: Contract = Contract {
    name: "accounts",
    about: "Accounts and their owners: profiles, passwords, links by mail, an activity log. Bodies are JSON or forms.",
    owns: &["/api/auth/"],
    routes,
    render: error::render,
    shape: error::shape,
};

fn routes(routes: &mut Routes<'_>, _: &Services) {
    routes.add(Route::at("/api/auth/register").post::<Open, _>(handlers::register, docs::register));
    routes.add(Route::at("/api/auth/login").post::<Open, _>(handlers::log_in, docs::log_in));
    routes.add(Route::at("/api/auth/refresh").post::<Open, _>(handlers::refresh, docs::refresh));
    routes
        .add(Route::at("/api/auth/forgot-password").post::<Open, _>(handlers::forgot_password, docs::forgot_password));
    routes.add(Route::at("/api/auth/reset-password").post::<Open, _>(handlers::reset_password, docs::reset_password));
    routes.add(Route::at("/api/auth/verify-email").post::<Open, _>(handlers::verify_email, docs::verify_email));
    let resend = Route::at("/api/auth/verify-email/resend");
    routes.add(resend.post::<Bearer, _>(handlers::resend_verification, docs::resend_verification));
    routes.add(Route::at("/api/auth/logout").post::<Bearer, _>(handlers::log_out, docs::log_out));
    routes.add(
        Route::at("/api/auth/change-password").post::<Bearer, _>(handlers::change_password, docs::change_password),
    );
    let profile = Route::at("/api/auth/profile").get::<Bearer, _>(handlers::profile, docs::profile);
    routes.add(profile.delete::<Bearer, _>(handlers::delete_profile, docs::delete_profile));
    let update = Route::at("/api/auth/profile/update");
    routes.add(
        update
            .put::<Bearer, _>(handlers::update_profile, docs::replace_profile)
            .patch::<Bearer, _>(handlers::update_profile, docs::update_profile),
    );
    routes.add(Route::at(handlers::ACTIVITY).get::<Bearer, _>(handlers::activity, docs::activity));
    let sessions = Route::at(handlers::SESSIONS).get::<Bearer, _>(handlers::sessions, docs::sessions);
    routes.add(sessions.delete::<Bearer, _>(handlers::end_other_sessions, docs::end_other_sessions));
    let session = Route::at("/api/auth/sessions/{id}");
    routes.add(session.delete::<Bearer, _>(handlers::end_session, docs::end_session));
}
