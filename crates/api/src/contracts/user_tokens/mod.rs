//! `user_tokens`: tokens for users whom other services own. Those services ask for them and end them; the users' own
//! clients refresh and validate them.

mod bearer;
mod docs;
mod dto;
mod error;
mod handlers;
mod members;

use super::Contract;
use crate::Services;
use crate::http::routes::{MaybeService, Open, Route, Routes, Service};

pub(super) const CONTRACT: Contract = Contract {
    name: "user_tokens",
    about: "Tokens for users whom another service owns: that service asks for them and ends them, the users' own clients refresh and validate. Bodies are JSON or forms.",
    owns: &["/auth/token/"],
    routes,
    render: error::render,
    shape: error::shape,
};

/// A refresh needs no secret: its token proves itself. Where a service or a frontend may call, the body says which it is,
/// and the handler's command is made only for one of the two.
fn routes(routes: &mut Routes<'_>, _: &Services) {
    routes.add(Route::at("/auth/token/gen-tokens").post::<Service, _>(handlers::gen_tokens, docs::gen_tokens));
    routes.add(Route::at("/auth/token/refresh").post::<Open, _>(handlers::refresh, docs::refresh));
    routes.add(
        Route::at("/auth/token/validate-token").post::<MaybeService, _>(handlers::validate_token, docs::validate_token),
    );
    routes.add(
        Route::at("/auth/token/invalidate-tokens")
            .post::<MaybeService, _>(handlers::invalidate_tokens, docs::invalidate_tokens),
    );
}
