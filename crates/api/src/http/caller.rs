//! Proofs of who calls: the first argument of every handler.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use tessera_domain::{AccessToken, ErrorKind};
use tessera_services::tokens::{AuthenticateError, Caller, TokenService};

use super::errors::Refusal;
use super::extract::{Extract, Incoming, service};
use super::rejection::Rejection;

/// Anybody. It proves nothing, and says so where a handler takes it.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

/// No token of ours is nearly as long; what is longer is not looked at.
const LONGEST_TOKEN: usize = 4_096;

impl Extract for Anonymous {
    async fn extract(_: &mut Incoming) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Extract for Caller {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(identify(incoming).await?)
    }
}

/// A token that does not count is none. One that could not be looked at is an outage all the same: whoever presented it
/// is not to be taken for somebody else (invariant I3).
impl Extract for Option<Caller> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        match identify(incoming).await {
            Ok(caller) => Ok(Some(caller)),
            Err(Rejection::MissingBearer | Rejection::InvalidBearer) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}

async fn identify(incoming: &Incoming) -> Result<Caller, Rejection> {
    let token = AccessToken::new(bearer(incoming.request.headers())?);
    let tokens = service::<dyn TokenService>(incoming)?;
    incoming.within(tokens.authenticate(&token)).await?.map_err(Rejection::from)
}

impl From<AuthenticateError> for Rejection {
    fn from(error: AuthenticateError) -> Self {
        match (error.kind(), error) {
            (ErrorKind::Unauthenticated, _) => Self::InvalidBearer,
            (_, AuthenticateError::Outage(outage)) => outage.into(),
            (_, error) => Self::Internal { cause: error.to_string() },
        }
    }
}

/// The token of the one `Authorization: Bearer` header (RFC 6750, section 2.1). Credentials of another scheme are no
/// bearer token; two headers are an attempt to be two callers.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Rejection> {
    let mut given = headers.get_all(AUTHORIZATION);
    let credentials = given.next().ok_or(Rejection::MissingBearer)?;
    if given.next().is_some() {
        return Err(Rejection::InvalidBearer);
    }
    let token = after_scheme(credentials.as_bytes()).ok_or(Rejection::MissingBearer)?;
    if token.len() > LONGEST_TOKEN || !is_token(token) {
        return Err(Rejection::InvalidBearer);
    }
    str::from_utf8(token).map_err(|_| Rejection::InvalidBearer)
}

/// Whether all of it is of the alphabet of bearer tokens. It looks to the end also where it could stop: without a branch the
/// compiler has many bytes looked at together, and nearly all tokens are good.
fn is_token(bytes: &[u8]) -> bool {
    let signs = |byte: u8| b"-._~+/=".iter().map(|sign| u8::from(*sign == byte)).sum::<u8>();
    bytes.iter().fold(true, |all, byte| all & (u8::from(byte.is_ascii_alphanumeric()) + signs(*byte) > 0))
}

/// What follows `Bearer` in any case (RFC 9110, section 11.1), if anything does.
fn after_scheme(credentials: &[u8]) -> Option<&[u8]> {
    let credentials = credentials.trim_ascii();
    let end = credentials.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = credentials.split_at(end);
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn bearer_of(credentials: &[&[u8]]) -> Result<String, Rejection> {
        let mut headers = HeaderMap::new();
        for value in credentials {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).expect("a header"));
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_is_a_bearer_in_any_case() {
        for credentials in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER   a.b-c_d", "  Bearer a.b-c_d  "] {
            assert_eq!(bearer_of(&[credentials.as_bytes()]).expect("a token"), "a.b-c_d", "{credentials}");
        }
    }

    #[test]
    fn no_bearer_is_told_from_a_bad_one() {
        for none in [&b"Basic dXNlcg=="[..], b"Bearer", b"Bearer ", b"", b"token a.b.c", b"Bearera.b.c", b"Bearer\xff"]
        {
            assert!(matches!(bearer_of(&[none]), Err(Rejection::MissingBearer)), "{none:?}");
        }
        assert!(matches!(bearer_of(&[]), Err(Rejection::MissingBearer)));
        let long = format!("Bearer {}", "a".repeat(LONGEST_TOKEN + 1));
        for bad in ["Bearer a b", "Bearer a,b", "Bearer \"a\"", &long] {
            assert!(matches!(bearer_of(&[bad.as_bytes()]), Err(Rejection::InvalidBearer)), "{bad}");
        }
        assert!(matches!(bearer_of(&["Bearer é".as_bytes()]), Err(Rejection::InvalidBearer)));
        assert!(matches!(bearer_of(&[b"Bearer a", b"Bearer a"]), Err(Rejection::InvalidBearer)));
        assert!(bearer_of(&[format!("Bearer {}", "a".repeat(LONGEST_TOKEN)).as_bytes()]).is_ok());
    }
}
