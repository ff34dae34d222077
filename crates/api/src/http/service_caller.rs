//! Proof that another service calls: the first argument of handlers that are not for everybody's clients.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use tessera_domain::Digest;
use tessera_services::user_tokens::{ServiceAccess, ServiceCall};

use super::errors::Refusal;
use super::extract::{Extract, Incoming, service};
use super::rejection::Rejection;

const X_SERVICE_SECRET: HeaderName = HeaderName::from_static("x-service-secret");

/// Headers by which a proxy says for whom it asks. That there is one is all that counts here: anybody can write them.
const FORWARDING: [HeaderName; 5] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Another service that may. Only this module makes one.
#[derive(Debug, Clone, Copy)]
pub struct ServiceCaller(());

impl Extract for ServiceCaller {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        identify(incoming)?.ok_or_else(|| Rejection::UnknownService.into())
    }
}

impl Extract for Option<ServiceCaller> {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(identify(incoming)?)
    }
}

fn identify(incoming: &Incoming) -> Result<Option<ServiceCaller>, Rejection> {
    let access = service::<ServiceAccess>(incoming)?;
    Ok(access.admits(&call(&incoming.request)).then_some(ServiceCaller(())))
}

fn call(request: &HttpRequest) -> ServiceCall {
    let headers = request.headers();
    ServiceCall {
        secret: secret(headers),
        peer: request.peer_addr().map(|peer| peer.ip()),
        is_forwarded: FORWARDING.iter().any(|name| headers.contains_key(name)),
    }
}

/// The digest of the one secret that was sent. Two are none: somebody tries, or a proxy added its own.
fn secret(headers: &HeaderMap) -> Option<Digest> {
    let mut given = headers.get_all(X_SERVICE_SECRET);
    let secret = given.next()?;
    given.next().is_none().then(|| Digest::of(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_call_is_what_its_connection_and_headers_say() {
        let request = TestRequest::default().peer_addr("[::1]:7".parse().expect("an address"));
        let plain = call(&request.to_http_request());
        assert_eq!(plain, ServiceCall { secret: None, peer: "::1".parse().ok(), is_forwarded: false });
        for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"] {
            let request = TestRequest::default().insert_header((name, ""));
            assert!(call(&request.to_http_request()).is_forwarded, "{name}");
        }
    }

    #[test]
    fn there_is_one_secret_or_none() {
        let with = |values: &[&str]| {
            let request = values
                .iter()
                .fold(TestRequest::default(), |request, value| request.append_header(("X-Service-Secret", *value)));
            call(&request.to_http_request()).secret
        };
        assert_eq!(with(&["a secret"]), Some(Digest::of(b"a secret")));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&["a secret", "a secret"]), None);
    }
}
