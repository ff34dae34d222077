//! The header in which refresh tokens of `users` travel.

use actix_web::http::header::HeaderMap;
use tessera_domain::RefreshToken;

use super::error::UsersRefused;
use crate::http::errors::Refusal;
use crate::http::extract::{Extract, Incoming};
use crate::http::headers::X_REFRESH_TOKEN;

/// The refresh token of the header.
#[derive(Debug)]
pub struct RefreshHeader(pub RefreshToken);

impl Extract for RefreshHeader {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        let token = read(incoming.request.headers()).ok_or(UsersRefused::RefreshHeader)?;
        Ok(Self(RefreshToken::new(token)))
    }
}

/// What stands in the one header, if there is one and something stands in it.
fn read(headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(X_REFRESH_TOKEN);
    let token = String::from_utf8_lossy(given.next()?.as_bytes()).trim().to_owned();
    (!token.is_empty() && given.next().is_none()).then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn token(values: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REFRESH_TOKEN, HeaderValue::from_bytes(value).expect("a header"));
        }
        read(&headers)
    }

    #[test]
    fn there_is_exactly_one_and_it_is_not_empty() {
        assert_eq!(token(&[b"a.b.c"]).as_deref(), Some("a.b.c"));
        // Not a token of ours, but a token: it is judged as one.
        assert_eq!(token(&[b"\xff"]).as_deref(), Some("\u{fffd}"));
        for nothing in [&[][..], &[&b""[..]], &[b"  "], &[b"a.b.c", b"a.b.c"]] {
            assert_eq!(token(nothing), None, "{nothing:?}");
        }
    }
}
