//! `one_time_tokens`: accounts with Spanish names, and tokens that are spent once. Its refusals look like FastAPI's with
//! pydantic 2, which its clients were written for.

mod body;
mod docs;
mod dto;
mod error;
mod handlers;
mod input;
mod pydantic_words;
mod unprocessable;

use super::Contract;
use crate::Services;
use crate::http::routes::{Bearer, Open, Route, Routes};

pub(super) const CONTRACT: Contract = Contract {
    name: "one_time_tokens",
    about: "Accounts with Spanish names, and tokens that are spent once, by whoever presents them first. Bodies are JSON.",
    owns: &["/auth/", "/token/"],
    routes,
    render: error::render,
    shape: error::shape,
};

fn routes(routes: &mut Routes<'_>, _: &Services) {
    routes.add(Route::at("/auth/register").post::<Open, _>(handlers::register, docs::register));
    routes.add(Route::at("/auth/login").post::<Open, _>(handlers::log_in, docs::log_in));
    routes.add(Route::at("/token/create").post::<Bearer, _>(handlers::create, docs::create));
    routes.add(Route::at("/token/validate").post::<Bearer, _>(handlers::validate, docs::validate));
}
