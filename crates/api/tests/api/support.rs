//! An application with mocked services, and short ways to ask it something.

use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service, read_body};
use serde_json::Value;
use tessera_api::{HttpSettings, Perimeter, Services, app};
use tessera_domain::{
    AccessToken, Email, RefreshToken, SessionId, Timestamp, TokenId, TokenPair, User, UserId, Username,
};
use tessera_services::Outage;
use tessera_services::account::{AccountService, MockAccountService};
use tessera_services::administration::MockAdministrationService;
use tessera_services::auth::{AuthService, MockAuthService};
use tessera_services::health::MockHealthService;
use tessera_services::limits::Unlimited;
use tessera_services::one_time::MockOneTimeTokenService;
use tessera_services::orchestrator::{AccountLogin, Demonstration, MockOrchestratorService, OrchestratorService};
use tessera_services::ports::{HashError, PublicKey, TokenRejected};
use tessera_services::signing_keys::{KEY_SET_MAX_AGE, KeySet, KeySetService, MockKeySetService};
use tessera_services::tokens::{AuthenticateError, Caller, MockTokenService, TokenService};
use tessera_services::user_tokens::{MockUserTokenService, ServiceAccess, ServiceEntrance};

use crate::described;

pub type MockLogin = MockOrchestratorService<AccountLogin>;
pub type MockDemonstration = MockOrchestratorService<Demonstration>;

/// What the paths of the contracts are called in tests.
pub const CREATE: &str = "/api/v1/user/create";
pub const LOGIN: &str = "/api/v1/user/login";
pub const REFRESH: &str = "/api/v1/user/refresh";
pub const LOGOUT: &str = "/api/v1/user/logout";
pub const USERS: &str = "/api/v1/users";
pub const REQUEST_TOKEN: &str = "/api/request-token";

/// Services that nobody is expected to call, except that `Bearer good` is a live access token.
pub fn services() -> Services {
    Services {
        auth: Arc::new(MockAuthService::new()),
        accounts: Arc::new(MockAccountService::new()),
        administration: Arc::new(MockAdministrationService::new()),
        login: Arc::new(MockLogin::new()),
        demonstration: Some(Arc::new(MockDemonstration::new())),
        tokens: Arc::new(tokens()),
        one_time_tokens: Arc::new(MockOneTimeTokenService::new()),
        user_tokens: Arc::new(MockUserTokenService::new()),
        service_entrance: entrance(ServiceAccess::Nobody),
        keys: Arc::new(MockKeySetService::new()),
        health: Arc::new(MockHealthService::new()),
    }
}

/// What publishes these keys.
pub fn key_set(keys: Vec<PublicKey>) -> Arc<dyn KeySetService> {
    let mut service = MockKeySetService::new();
    service.expect_published().returning(move || KeySet { keys: keys.clone(), max_age: KEY_SET_MAX_AGE });
    Arc::new(service)
}

/// Without a limit to how many secrets may be tried.
pub fn entrance(access: ServiceAccess) -> Arc<ServiceEntrance> {
    Arc::new(ServiceEntrance { access, limiter: Arc::new(Unlimited) })
}

pub fn with_auth(auth: impl AuthService + 'static) -> Services {
    Services { auth: Arc::new(auth), ..services() }
}

pub fn with_accounts(accounts: impl AccountService + 'static) -> Services {
    Services { accounts: Arc::new(accounts), ..services() }
}

pub fn with_login(login: impl OrchestratorService<AccountLogin> + 'static) -> Services {
    Services { login: Arc::new(login), ..services() }
}

pub fn with_tokens(tokens: impl TokenService + 'static) -> Services {
    Services { tokens: Arc::new(tokens), ..services() }
}

pub fn with_demonstration(demonstration: MockDemonstration) -> Services {
    Services { demonstration: Some(Arc::new(demonstration)), ..services() }
}

/// Tokens of which `good` is a live access token.
pub fn tokens() -> MockTokenService {
    let mut tokens = MockTokenService::new();
    tokens.expect_authenticate().returning(|token| match token.expose() {
        "good" => Ok(caller()),
        "unlucky" => Err(outage().into()),
        _ => Err(AuthenticateError::Rejected(TokenRejected::Invalid)),
    });
    tokens
}

pub fn caller() -> Caller {
    Caller {
        user_id: ana().id,
        session_id: SessionId::from_bytes([2; 16]),
        token_id: TokenId::from_bytes([3; 16]),
        expires_at: Timestamp::from_unix_seconds(1_704_067_260),
    }
}

pub fn ana() -> User {
    User {
        id: UserId::from_bytes([1; 16]),
        email: Email::parse("ana@example.com").expect("an address"),
        username: Some(Username::parse("Ana").expect("a username")),
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: Timestamp::from_unix_seconds(1_704_067_200),
        updated_at: Timestamp::from_unix_seconds(1_704_067_200),
        last_login: None,
        last_login_ip: None,
    }
}

pub const ANAS_ID: &str = "01010101-0101-0101-0101-010101010101";

pub fn pair() -> TokenPair {
    TokenPair { access: AccessToken::new("new.access"), refresh: RefreshToken::new("new.refresh") }
}

/// A backend is away for a while.
pub fn outage() -> Outage {
    Outage::Hasher(HashError::Busy { retry_after: std::time::Duration::from_millis(2_500) })
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(response: ServiceResponse) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8(read_body(response).await.to_vec()).expect("UTF-8");
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    /// Holds that this is the answer.
    #[track_caller]
    pub fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status.as_u16(), &self.json()), (status, body));
    }

    /// Holds that this is problem details.
    #[track_caller]
    pub fn is_problem(&self, status: u16) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["status"].as_u64()), (status, Some(status.into())));
        assert_eq!(body["type"], "about:blank");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    }
}

/// Sends one request to an application of its own. The answer is one that the API document tells of.
pub async fn send(services: &Services, request: TestRequest) -> Answer {
    send_with(services, HttpSettings::default(), request).await
}

pub async fn send_with(services: &Services, settings: HttpSettings, request: TestRequest) -> Answer {
    let application = init_service(app(services, settings, &Perimeter::default())).await;
    let request = request.to_request();
    let (method, path) = (request.method().to_string(), request.path().to_owned());
    let answer = Answer::of(actix_web::test::call_service(&application, request).await).await;
    // A server without the demonstration serves less than the document of one that has everything.
    if services.demonstration.is_some() {
        described::check(&method, &path, &answer);
    }
    answer
}

pub fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

pub fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path)
}

/// A request with a body that is called JSON.
pub fn post_json(path: &str, body: &str) -> TestRequest {
    post(path).insert_header(("Content-Type", "application/json")).set_payload(body.to_owned())
}

/// A request with a form.
pub fn form(path: &str, body: &str) -> TestRequest {
    post(path).insert_header(("Content-Type", "application/x-www-form-urlencoded")).set_payload(body.to_owned())
}

pub fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}
