//! The contracts: families of endpoints, each with its own shapes and words, all over the same services.
//!
//! A new contract is a folder here and a line in [`CONTRACTS`].

mod accounts;
mod one_time_tokens;
mod request_token;
mod user_tokens;
mod users;

use actix_web::HttpResponse;

use crate::Services;
use crate::document::Shape;
use crate::http::rejection::Rejection;
use crate::http::routes::Routes;

/// A contract, as the HTTP layer knows it.
pub struct Contract {
    /// Its name: of its module, in documents and metrics.
    pub name: &'static str,
    /// What it is, for the API document.
    pub about: &'static str,
    /// The paths it answers for. One that ends in a slash stands for everything below it, any other for itself, with or
    /// without a slash.
    pub owns: &'static [&'static str],
    /// Registers its routes.
    pub routes: fn(&mut Routes<'_>, &Services),
    /// Words a rejection.
    pub render: fn(&Rejection) -> HttpResponse,
    /// The shape of the body that words it.
    pub shape: fn(&Rejection) -> Shape,
}

/// All of them.
pub const CONTRACTS: &[Contract] =
    &[accounts::CONTRACT, one_time_tokens::CONTRACT, request_token::CONTRACT, user_tokens::CONTRACT, users::CONTRACT];

/// The contract that answers for `path`. Where one owns a part of what another does, the nearer one answers.
pub fn owner_of(path: &str) -> Option<&'static Contract> {
    let claims = CONTRACTS.iter().flat_map(|contract| contract.owns.iter().map(move |owned| (*owned, contract)));
    let matching = claims.filter(|(owned, _)| covers(owned, path));
    matching.max_by_key(|(owned, _)| owned.len()).map(|(_, contract)| contract)
}

fn covers(owned: &str, path: &str) -> bool {
    if owned.ends_with('/') { path.starts_with(owned) } else { path.strip_suffix('/').unwrap_or(path) == owned }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(path: &str) -> Option<&'static str> {
        owner_of(path).map(|contract| contract.name)
    }

    #[test]
    fn a_path_belongs_to_the_contract_that_claims_it() {
        for path in ["/api/v1/users", "/api/v1/", "/api/v1/x/y", "/api/account/create", "/api/login", "/api/login/"] {
            assert_eq!(owner(path), Some("users"), "{path}");
        }
        for path in ["/api/request-token", "/api/request-token/"] {
            assert_eq!(owner(path), Some("request_token"), "{path}");
        }
        for path in ["/auth/token/", "/auth/token/refresh", "/auth/token/refresh/", "/auth/token/x/y"] {
            assert_eq!(owner(path), Some("user_tokens"), "{path}");
        }
        for path in ["/api/auth/", "/api/auth/login", "/api/auth/x/y"] {
            assert_eq!(owner(path), Some("accounts"), "{path}");
        }
        for path in ["/auth/", "/auth/login", "/auth/x/y", "/token/", "/token/create/"] {
            assert_eq!(owner(path), Some("one_time_tokens"), "{path}");
        }
        for path in [
            "",
            "/",
            "/auth",
            "/token",
            "/api",
            "/api/",
            "/api/auth",
            "/api/v1",
            "/api/v2/users",
            "/api/loginx",
            "/api/request-token/x",
            "/API/v1/",
        ] {
            assert_eq!(owner(path), None, "{path}");
        }
    }
}
