//! The contract `one_time_tokens`, row by row.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::Services;
use tessera_domain::{FullName, Identifier, OneTimeSecret, Privileges, User};
use tessera_services::auth::{MockAuthService, RegisterError, RegisterUser};
use tessera_services::one_time::{
    ConsumeOneTimeTokenError, CreateOneTimeTokenError, MockOneTimeTokenService, NewOneTimeToken,
};
use tessera_services::orchestrator::{LoginGrant, LoginRequest, Refusal, RequestTokenError};

use crate::support::{
    ANAS_ID, Answer, MockLogin, ana, bearer, caller, get, outage, pair, post, post_json, send, services, tokens,
    with_auth,
};

const REGISTER: &str = "/auth/register";
const LOGIN: &str = "/auth/login";
const CREATE: &str = "/token/create";
const VALIDATE: &str = "/token/validate";

const NEW: &str = r#"{"nombre":"Ana López","correo":"Ana@Example.com","password":"securepassword123"}"#;
const CREDENTIALS: &str = r#"{"correo":"Ana@Example.com","password":"securepassword123"}"#;
const SECRET: [u8; 32] = [7; 32];
const UNAVAILABLE: &str = "Service Unavailable";

fn registers(expected: fn(&RegisterUser) -> bool) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_register().withf(expected).times(1).returning(|new| Ok(User { full_name: new.full_name, ..ana() }));
    with_auth(auth)
}

fn refuses(error: fn() -> RegisterError) -> Services {
    let mut auth = MockAuthService::new();
    auth.expect_register().returning(move |_| Err(error()));
    with_auth(auth)
}

fn logging_in(answer: fn(LoginRequest) -> Result<LoginGrant, RequestTokenError>) -> Services {
    let mut login = MockLogin::new();
    login.expect_request_token().times(1).returning(answer);
    let mut tokens = tokens();
    tokens.expect_access_lifetime().return_const(Duration::from_mins(20));
    Services { login: Arc::new(login), tokens: Arc::new(tokens), ..services() }
}

fn creating(answer: fn() -> Result<NewOneTimeToken, CreateOneTimeTokenError>) -> Services {
    let mut service = MockOneTimeTokenService::new();
    service.expect_create().withf(|who| *who == caller()).times(1).returning(move |_| answer());
    Services { one_time_tokens: Arc::new(service), ..services() }
}

fn consuming(answer: fn() -> Result<(), ConsumeOneTimeTokenError>) -> Services {
    let mut service = MockOneTimeTokenService::new();
    service
        .expect_consume()
        .withf(|who, secret, _| {
            let digest = secret.as_ref().map(OneTimeSecret::digest);
            *who == caller() && digest == Some(OneTimeSecret::new(SECRET).digest())
        })
        .times(1)
        .returning(move |_, _, _| answer());
    Services { one_time_tokens: Arc::new(service), ..services() }
}

/// Whoever presents what can be nobody's token.
fn refusing_what_is_no_token() -> MockOneTimeTokenService {
    let mut service = MockOneTimeTokenService::new();
    let refusal = |_: &_, _, _: &_| Err(ConsumeOneTimeTokenError::Unusable);
    service.expect_consume().withf(|_, secret, _| secret.is_none()).returning(refusal);
    service
}

fn with_token(token: &str) -> TestRequest {
    post_json(VALIDATE, &json!({"token": token}).to_string()).insert_header(bearer("good"))
}

fn detail(words: &str) -> Value {
    json!({"detail": words})
}

/// The items of a 422, each with the four members it always has.
async fn items(request: TestRequest) -> Vec<Value> {
    listed(&send(&services(), request).await)
}

fn listed(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let items = answer.json()["detail"].as_array().expect("a list").clone();
    for item in &items {
        let members: Vec<&String> = item.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["input", "loc", "msg", "type"], "{item}");
    }
    items
}

#[actix_web::test]
async fn a_new_account_is_shown_in_spanish() {
    for path in [REGISTER, "/auth/register/"] {
        let services = registers(|new| {
            new.email.as_str() == "ana@example.com"
                && new.full_name.as_ref().map(FullName::as_str) == Some("Ana López")
                && new.username.is_none()
                && new.password.expose() == "securepassword123"
        });
        let expected = json!({"id": ANAS_ID, "nombre": "Ana López", "correo": "ana@example.com", "is_active": true});
        send(&services, post_json(path, NEW)).await.is(201, &expected);
    }
}

#[actix_web::test]
async fn privileged_members_are_not_even_read() {
    let body = r#"{"nombre":"Ana","correo":"ana@example.com","password":"securepassword123","is_staff":true,
        "is_superuser":true,"is_active":false,"is_verified":1,"id":[1],"username":"root"}"#;
    let services = registers(|new| new.privileges == Privileges::None && new.username.is_none());
    assert_eq!(send(&services, post_json(REGISTER, body)).await.status, 201);
}

#[actix_web::test]
async fn what_registering_refuses() {
    let taken = refuses(|| RegisterError::Taken { email: true, username: false });
    send(&taken, post_json(REGISTER, NEW)).await.is(400, &detail("El correo ya está registrado"));
    let weak = refuses(|| {
        use tessera_domain::PasswordProblem::{TooCommon, TooShort};
        RegisterError::WeakPassword(vec![TooShort { min: 8 }, TooCommon])
    });
    let item = |words: &str| {
        json!({"type": "value_error", "loc": ["body", "password"], "msg": format!("Value error, {words}"),
            "input": "**********"})
    };
    let expected = [
        item("La contraseña es demasiado corta. Debe contener al menos 8 caracteres."),
        item("La contraseña es demasiado común."),
    ];
    assert_eq!(listed(&send(&weak, post_json(REGISTER, NEW)).await), expected);
    let away = send(&refuses(|| outage().into()), post_json(REGISTER, NEW)).await;
    away.is(503, &detail(UNAVAILABLE));
    assert_eq!(away.header("retry-after"), Some("3"));
}

#[actix_web::test]
async fn what_is_missing_is_told_with_what_was_sent() {
    let words = "Field required";
    let missing =
        |field: &str, input: &Value| json!({"type": "missing", "loc": ["body", field], "msg": words, "input": input});
    let fields = ["nombre", "correo", "password"];
    assert_eq!(items(post_json(REGISTER, "{}")).await, fields.map(|field| missing(field, &json!({}))));
    let sent = r#"{"nombre":"Ana","password":"hunter2!","contraseña":"hunter2!"}"#;
    let input = json!({"nombre": "Ana", "password": "**********"});
    assert_eq!(items(post_json(REGISTER, sent)).await, [missing("correo", &input)]);
    let login = items(post_json(LOGIN, r#"{"correo":"ana@example.com"}"#)).await;
    assert_eq!(login, [missing("password", &json!({"correo": "ana@example.com"}))]);
    let validate = items(post_json(VALIDATE, r#"{"tokn":"hunter2!"}"#).insert_header(bearer("good"))).await;
    assert_eq!(validate, [missing("token", &json!({}))]);
}

#[actix_web::test]
async fn what_is_no_text_is_told_with_its_value() {
    let (kind, words) = ("string_type", "Input should be a valid string");
    let no_text =
        |field: &str, input: &Value| json!({"type": kind, "loc": ["body", field], "msg": words, "input": input});
    let mask = json!("**********");
    assert_eq!(
        items(post_json(REGISTER, r#"{"nombre":1,"correo":null,"password":["hunter2!"]}"#)).await,
        [no_text("nombre", &json!(1)), no_text("correo", &json!(null)), no_text("password", &mask)]
    );
    assert_eq!(
        items(post_json(LOGIN, r#"{"correo":{"password":"hunter2!"},"password":12345678}"#)).await,
        [no_text("correo", &json!({})), no_text("password", &mask)]
    );
    let token = post_json(VALIDATE, r#"{"token":12345}"#).insert_header(bearer("good"));
    assert_eq!(items(token).await, [no_text("token", &mask)]);
}

#[actix_web::test]
async fn a_text_that_is_not_what_it_should_be_is_told_why() {
    let told = |item: &Value| (item["type"].clone(), item["loc"].clone(), item["msg"].clone(), item["input"].clone());
    let long = "ñ".repeat(151);
    let body = json!({"nombre": long, "correo": "ana", "password": " "});
    let found = items(post_json(REGISTER, &body.to_string())).await;
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            (
                json!("string_too_long"),
                json!(["body", "nombre"]),
                json!("String should have at most 150 characters"),
                json!(long)
            ),
            (
                json!("value_error"),
                json!(["body", "correo"]),
                json!("value is not a valid email address: An email address must have an @-sign."),
                json!("ana")
            ),
            (
                json!("string_too_short"),
                json!(["body", "password"]),
                json!("String should have at least 1 character"),
                json!("**********")
            ),
        ]
    );
    let body = json!({"nombre": "a\u{1}b", "correo": "a\0@example.com", "password": "hunter2!\0"});
    let kinds: Vec<Value> =
        items(post_json(REGISTER, &body.to_string())).await.iter().map(|i| i["type"].clone()).collect();
    assert_eq!(kinds, ["value_error"; 3]);
    for password in ["", "   ", &"x".repeat(1_025)] {
        let body = json!({"correo": "ana@example.com", "password": password}).to_string();
        let found = items(post_json(LOGIN, &body)).await;
        assert_eq!((found.len(), &found[0]["loc"]), (1, &json!(["body", "password"])));
    }
}

#[actix_web::test]
async fn a_body_that_is_no_object_is_told_so() {
    let item = |kind: &str, loc: &Value, words: &str, input: &Value| {
        vec![json!({"type": kind, "loc": loc, "msg": words, "input": input})]
    };
    let no_body = item("missing", &json!(["body"]), "Field required", &json!(null));
    assert_eq!(items(post_json(REGISTER, "")).await, no_body);
    assert_eq!(items(post(LOGIN)).await, no_body);
    for (sent, input) in [
        ("null", json!(null)),
        ("[]", json!([])),
        (r#"["hunter2!"]"#, json!([])),
        (r#""hunter2!""#, json!("**********")),
        ("1", json!("**********")),
    ] {
        let words = "Input should be a valid dictionary or object to extract fields from";
        let expected = item("model_attributes_type", &json!(["body"]), words, &input);
        assert_eq!(items(post_json(REGISTER, sent)).await, expected, "{sent}");
    }
    for (sent, at) in [("{", 1), ("   ", 3), (r#"{"correo":"ñ","#, 14), (r#"{"a":1,}"#, 7), ("{} x", 3), ("{a:1}", 1)]
    {
        let expected = item("json_invalid", &json!(["body", at]), "JSON decode error", &json!({}));
        assert_eq!(items(post_json(REGISTER, sent)).await, expected, "{sent}");
    }
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(32), "]".repeat(32));
    for ambiguous in [r#"{"password":"hunter2!","password":"x"}"#, r#"{"a":{"b":1,"\u0062":1}}"#, &deep] {
        assert_eq!(items(post_json(LOGIN, ambiguous)).await[0]["type"], "json_invalid", "{ambiguous}");
    }
}

#[actix_web::test]
async fn a_refusal_never_repeats_a_secret() {
    for body in [
        r#"{"password":"hunter2!","correo":"ana@example.com""#,
        r#"{"password":"hunter2!","hunter2!":"hunter2!","correo":"hunter2!"}"#,
        r#"{"password":["hunter2!"],"correo":"hunter2!","nombre":"<hunter2!>"}"#,
        r#"{"password":{"password":"hunter2!"},"correo":{"hunter2!":1},"nombre":["hunter2!"]}"#,
        r#"{"password":"hunter2!\u0000","correo":"a hunter2! b"}"#,
        r#"{"contrasena":"hunter2!","token":"hunter2!"}"#,
        r#""hunter2!""#,
    ] {
        for path in [REGISTER, LOGIN, VALIDATE] {
            let mut login = MockLogin::new();
            login.expect_request_token().returning(|_| Err(RequestTokenError::WrongCredentials));
            let one_time_tokens = Arc::new(refusing_what_is_no_token());
            let services = Services { login: Arc::new(login), one_time_tokens, ..services() };
            let answer = send(&services, post_json(path, body).insert_header(bearer("good"))).await;
            assert!([401, 422].contains(&answer.status.as_u16()), "{path} {body}: {}", answer.body);
            assert!(!answer.body.contains("hunter2"), "{path} {body}: {}", answer.body);
        }
    }
}

#[actix_web::test]
async fn a_login_is_answered_with_an_access_token_alone() {
    for path in [LOGIN, "/auth/login/"] {
        let services = logging_in(|request| match &request.identifier {
            Some(Identifier::Email(email))
                if email.as_str() == "ana@example.com" && request.password.expose() == "securepassword123" =>
            {
                Ok(LoginGrant { user: ana(), tokens: pair() })
            }
            _ => Err(RequestTokenError::WrongCredentials),
        });
        let expected = json!({"access_token": "new.access", "token_type": "bearer", "expires_in": 1_200});
        send(&services, post_json(path, CREDENTIALS)).await.is(200, &expected);
    }
}

#[actix_web::test]
async fn wrong_and_disabled_are_one_answer() {
    let wrong = send(&logging_in(|_| Err(RequestTokenError::WrongCredentials)), post_json(LOGIN, CREDENTIALS)).await;
    let disabled = send(&logging_in(|_| Err(Refusal::Inactive.into())), post_json(LOGIN, CREDENTIALS)).await;
    for answer in [wrong, disabled] {
        answer.is(401, &detail("Credenciales incorrectas"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let away = send(&logging_in(|_| Err(outage().into())), post_json(LOGIN, CREDENTIALS)).await;
    away.is(503, &detail(UNAVAILABLE));
    assert_eq!(away.header("www-authenticate"), None);
}

#[actix_web::test]
async fn a_new_token_comes_with_its_lifetime_and_needs_no_body() {
    fn made() -> NewOneTimeToken {
        NewOneTimeToken { secret: OneTimeSecret::new(SECRET), lifetime: Duration::from_secs(10) }
    }
    let expected = json!({"token": OneTimeSecret::new(SECRET).reveal(), "expires_in": 10});
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for request in [post(CREATE), post("/token/create/"), post_json(CREATE, "{"), post(CREATE).insert_header(form)] {
        let services = creating(|| Ok(made()));
        let answer = send(&services, request.insert_header(bearer("good"))).await;
        answer.is(201, &expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let away = send(&creating(|| Err(outage().into())), post(CREATE).insert_header(bearer("good"))).await;
    away.is(503, &detail(UNAVAILABLE));
    let gone = creating(|| Err(CreateOneTimeTokenError::Gone));
    let gone = send(&gone, post(CREATE).insert_header(bearer("good"))).await;
    gone.is(401, &detail("Credenciales inválidas"));
    assert_eq!(gone.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[actix_web::test]
async fn a_token_is_spent_or_it_is_not() {
    let token = OneTimeSecret::new(SECRET).reveal();
    for path in [VALIDATE, "/token/validate/"] {
        let answer = send(&consuming(|| Ok(())), with_token(&token).uri(path)).await;
        answer.is(200, &json!({"message": "Token válido y ahora consumido"}));
    }
    let unusable = send(&consuming(|| Err(ConsumeOneTimeTokenError::Unusable)), with_token(&token)).await;
    unusable.is(401, &detail("Token inválido o ya utilizado"));
    assert_eq!(unusable.header("www-authenticate"), Some("Bearer"));
    let away = send(&consuming(|| Err(outage().into())), with_token(&token)).await;
    away.is(503, &detail(UNAVAILABLE));
    assert_eq!(away.header("www-authenticate"), None, "what could not be looked at is not invalid");
}

#[actix_web::test]
async fn what_cannot_be_a_token_is_an_unknown_one() {
    let token = OneTimeSecret::new(SECRET).reveal();
    for odd in ["", " ", "x", "a\0b", &format!("{token}="), &format!(" {token}"), &"x".repeat(10_000)] {
        let services = Services { one_time_tokens: Arc::new(refusing_what_is_no_token()), ..services() };
        send(&services, with_token(odd)).await.is(401, &detail("Token inválido o ya utilizado"));
    }
}

#[actix_web::test]
async fn without_a_good_bearer_nothing_is_made_and_nothing_spent() {
    let body = json!({"token": OneTimeSecret::new(SECRET).reveal()}).to_string();
    for path in [CREATE, VALIDATE] {
        for (request, words, challenge) in [
            (post_json(path, &body), "Not authenticated", "Bearer"),
            (post_json(path, "{"), "Not authenticated", "Bearer"),
            (post_json(path, &body).insert_header(bearer("")), "Not authenticated", "Bearer"),
            (
                post_json(path, &body).insert_header(bearer("bad")),
                "Credenciales inválidas",
                "Bearer error=\"invalid_token\"",
            ),
        ] {
            let answer = send(&services(), request).await;
            answer.is(401, &detail(words));
            assert_eq!(answer.header("www-authenticate"), Some(challenge), "{path}");
        }
        let unlucky = send(&services(), post_json(path, &body).insert_header(bearer("unlucky"))).await;
        unlucky.is(503, &detail(UNAVAILABLE));
    }
}

#[actix_web::test]
async fn what_the_framework_refuses_is_a_detail_too() {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for path in [REGISTER, LOGIN, VALIDATE] {
        let request = post(path).insert_header(form).insert_header(bearer("good")).set_payload("correo=a&password=b");
        send(&services(), request).await.is(415, &detail("Unsupported Media Type"));
        let large = post_json(path, "{}").insert_header(bearer("good")).insert_header(("Content-Length", "65537"));
        send(&services(), large).await.is(413, &detail("Payload Too Large"));
    }
    for path in [REGISTER, LOGIN, CREATE, VALIDATE, "/auth/login/", "/token/create/"] {
        let answer = send(&services(), get(path)).await;
        answer.is(405, &detail("Method Not Allowed"));
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    for path in ["/auth/", "/auth/nothing", "/auth/login/x", "/token/", "/token/nothing", "/token//create"] {
        send(&services(), get(path)).await.is(404, &detail("Not Found"));
    }
    for path in ["/auth", "/token", "/authx", "/tokens/create"] {
        send(&services(), get(path)).await.is_problem(404);
    }
    // A mock that nobody set up panics: a defect, in the contract's shape.
    let panicked = send(&services(), post_json(REGISTER, NEW)).await;
    panicked.is(500, &detail("Internal Server Error"));
}
