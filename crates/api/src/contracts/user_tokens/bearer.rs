//! Where a refresh token of `user_tokens` travels: in the `Authorization` header, or else in the body.

use tessera_domain::RefreshToken;

use crate::http::caller::bearer;
use crate::http::errors::Refusal;
use crate::http::extract::{Extract, Incoming};
use crate::http::rejection::Rejection;

/// The refresh token of the header, if there is one. What is no token at all is refused, and not looked for elsewhere.
#[derive(Debug)]
pub struct BearerRefresh(pub Option<RefreshToken>);

impl Extract for BearerRefresh {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        match bearer(incoming.request.headers()) {
            Ok(token) => Ok(Self(Some(RefreshToken::new(token)))),
            Err(Rejection::MissingBearer) => Ok(Self(None)),
            Err(other) => Err(other.into()),
        }
    }
}
