//! What this layer refuses before, around and after a handler, without any contract's wording.

use std::any::Any;
use std::error::Error;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use tessera_domain::ErrorKind;
use tessera_services::Outage;

use super::status;

/// A request that gets no further. None of it says anything about what the client sent (requirement I7); a `cause` is for
/// the log alone.
#[derive(Debug)]
pub enum Rejection {
    /// The body is not what its media type says: broken, not an object, ambiguous, too deep, or empty.
    MalformedBody,
    /// The body did not arrive in time.
    StalledBody,
    /// The body is larger than the limit.
    TooLarge,
    /// The body is of a type that the endpoint does not take.
    UnsupportedMediaType,
    /// Nothing is here.
    NotFound,
    /// Something is here, for other methods.
    MethodNotAllowed {
        /// Which ones (RFC 9110, section 10.2.1).
        allow: HeaderValue,
    },
    /// The request is for a host that this service is not.
    UnknownHost,
    /// The endpoint needs a bearer token, and none was presented.
    MissingBearer,
    /// A bearer token was presented that does not count.
    InvalidBearer,
    /// The endpoint is for other services, and this is none that may.
    UnknownService,
    /// Something that is needed is away or too slow.
    Unavailable {
        /// When it is worth trying again.
        retry_after: Duration,
        /// For the log.
        cause: String,
    },
    /// A defect.
    Internal {
        /// For the log.
        cause: String,
    },
    /// An error that actix-web made itself, of which only the status is kept.
    Foreign(StatusCode),
}

/// When nothing better is known, it is worth trying again after this long.
const SHORTLY: Duration = Duration::from_secs(1);

/// More than this of a panic's message does not help anybody.
const LONGEST_CAUSE: usize = 500;

impl Rejection {
    /// The handler was not done in time. What it began goes on.
    pub fn too_slow() -> Self {
        Self::Unavailable { retry_after: SHORTLY, cause: "the deadline of the request passed".into() }
    }

    /// The handler panicked with this.
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message");
        Self::Internal { cause: format!("panic: {}", text.chars().take(LONGEST_CAUSE).collect::<String>()) }
    }

    /// Its status, unless a contract says otherwise.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedBody | Self::UnknownHost => StatusCode::BAD_REQUEST,
            Self::StalledBody => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => status::of(ErrorKind::NotFound),
            Self::MissingBearer | Self::InvalidBearer | Self::UnknownService => status::of(ErrorKind::Unauthenticated),
            Self::Unavailable { .. } => status::of(ErrorKind::Unavailable),
            Self::Internal { .. } => status::of(ErrorKind::Internal),
            Self::Foreign(status) => *status,
        }
    }

    /// A sentence for it, for contracts without one of their own.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::MalformedBody => "The request body is malformed.",
            Self::StalledBody => "The request body did not arrive in time.",
            Self::TooLarge => "The request body is too large.",
            Self::UnsupportedMediaType => "The media type of the request body is not supported.",
            Self::UnknownHost => "The host is not one of this service.",
            Self::NotFound => "Not found.",
            Self::MethodNotAllowed { .. } => "Method not allowed.",
            Self::MissingBearer => "Authentication credentials were not provided.",
            Self::InvalidBearer => "The access token is invalid or expired.",
            Self::UnknownService => "Unauthorized request",
            Self::Unavailable { .. } => "The service is temporarily unavailable. Try again later.",
            Self::Internal { .. } => "Internal server error.",
            Self::Foreign(status) => status.canonical_reason().unwrap_or("The request was refused."),
        }
    }

    /// What the log should know.
    pub fn into_cause(self) -> Option<String> {
        match self {
            Self::Unavailable { cause, .. } | Self::Internal { cause } => Some(cause),
            _ => None,
        }
    }
}

impl From<Outage> for Rejection {
    fn from(outage: Outage) -> Self {
        let cause = chain(&outage);
        match outage.kind() {
            ErrorKind::Unavailable => Self::Unavailable { retry_after: outage.retry_after(), cause },
            _ => Self::Internal { cause },
        }
    }
}

/// An error and everything that led to it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tessera_services::ports::HashError;

    use super::*;

    #[test]
    fn an_outage_keeps_its_own_moment_to_return() {
        let busy = Outage::from(HashError::Busy { retry_after: Duration::from_secs(7) });
        match Rejection::from(busy) {
            Rejection::Unavailable { retry_after, .. } => assert_eq!(retry_after, Duration::from_secs(7)),
            other => panic!("{other:?}"),
        }
        assert!(matches!(Rejection::from(Outage::from(HashError::Failed)), Rejection::Internal { .. }));
    }

    #[test]
    fn a_panic_is_told_to_the_log_whatever_it_carried() {
        let causes =
            [Rejection::panicked(&"static"), Rejection::panicked(&"x".repeat(900)), Rejection::panicked(&7_u8)];
        let causes = causes.map(|rejection| rejection.into_cause().expect("a cause"));
        assert_eq!(causes[0], "panic: static");
        assert_eq!(causes[1].len(), "panic: ".len() + LONGEST_CAUSE);
        assert_eq!(causes[2], "panic: without a message");
    }
}
