//! The contract `user_tokens`: every row of its table, and the settled points that concern it. What is promised beyond the
//! rows is in `user_tokens_promises`, who may call in `user_tokens_callers`; here the caller is a program on the same
//! machine, in development.

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, golden, on_every_storage};

on_every_storage! {
    gen_tokens_answers_with_a_pair
    who_it_is_has_to_be_said
    an_id_and_a_name_that_are_bound_are_not_taken_over
    a_new_pair_ends_the_earlier_one
    refresh_answers_with_an_access_token_and_ends_the_earlier_one
    the_refresh_token_is_in_the_header_or_else_in_the_body
    what_cannot_be_refreshed_says_why
    validate_says_whether_it_is_the_stored_one
    invalidate_ends_the_pair
    whoever_is_not_logged_in_cannot_be_logged_out
    what_the_framework_refuses_is_an_error_too
}

pub const GEN: &str = "/auth/token/gen-tokens/";
pub const REFRESH: &str = "/auth/token/refresh/";
pub const VALIDATE: &str = "/auth/token/validate-token/";
pub const INVALIDATE: &str = "/auth/token/invalidate-tokens/";

pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What a user was given.
pub struct Pair {
    pub access: String,
    pub refresh: String,
}

impl Pair {
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.json());
        Self { access: text(answer, "access"), refresh: text(answer, "refresh") }
    }
}

pub fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{name}: {}", answer.json())).to_owned()
}

pub fn error(words: &str) -> Value {
    json!({"error": words})
}

pub async fn mint(server: &TestServer, id: impl Into<Value>, username: &str) -> Pair {
    Pair::of(&server.post(GEN, &json!({"id": id.into(), "username": username})).await)
}

pub async fn refresh(server: &TestServer, id: impl Into<Value>, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    server.send("POST", REFRESH, &[("authorization", &bearer), JSON], &json!({"id": id.into()}).to_string()).await
}

pub async fn refreshed(server: &TestServer, id: impl Into<Value>, token: &str) -> String {
    let answer = refresh(server, id, token).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    text(&answer, "access")
}

pub async fn validate(server: &TestServer, id: impl Into<Value>, access: &str) -> Answer {
    server.post(VALIDATE, &json!({"id": id.into(), "access": access, "is_frontend": true})).await
}

pub async fn invalidate(server: &TestServer, id: impl Into<Value>, access: &str) -> Answer {
    server.post(INVALIDATE, &json!({"id": id.into(), "access": access})).await
}

/// Holds that an access token is the one of the user 1 that counts.
#[track_caller]
pub fn counts(answer: &Answer) {
    assert_eq!((answer.status, answer.json()), (200, json!({"access_token": "Valid token"})));
}

/// Holds that a token is not, or no longer, the user's own.
#[track_caller]
pub fn is_mismatch(answer: &Answer) {
    assert_eq!((answer.status, answer.json()), (401, error("token mismatch")));
}

async fn gen_tokens_answers_with_a_pair(storage: Storage) {
    let server = TestServer::on(storage).await;
    let made = server.post(GEN, &json!({"id": 1, "username": "bob", "is_staff": true})).await;
    assert_snapshot!(golden::render(&made), @r#"
    201
    cache-control: no-store
    content-type: application/json

    {
      "access": "[jwt]",
      "id": 1,
      "refresh": "[jwt]"
    }
    "#);
    for (body, id) in [
        (r#"{"id":"1","username":"bob"}"#, json!("1")),
        (r#"{"username":"ann","id":"a user"}"#, json!("a user")),
        (r#"{"id":-7,"username":"<o'hara@example.com>"}"#, json!(-7)),
        (r#"{"id":9223372036854775807,"username":"josé"}"#, json!(i64::MAX)),
    ] {
        let made = server.send("POST", GEN, &[JSON], body).await;
        assert_eq!((made.status, &made.json()["id"]), (201, &id), "{body}");
    }
    let form = server.send("POST", GEN, &[FORM], "id=1&username=bob").await;
    assert_eq!((form.status, &form.json()["id"]), (201, &json!("1")), "a form knows texts alone");
}

async fn who_it_is_has_to_be_said(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.post(GEN, &json!({"username": "bob"})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Username and id are required"
    }
    "#);
    for body in [
        "",
        "{}",
        r#"{"id":1}"#,
        r#"{"id":null,"username":"bob"}"#,
        r#"{"id":true,"username":"bob"}"#,
        r#"{"id":1.0,"username":"bob"}"#,
        r#"{"id":1e0,"username":"bob"}"#,
        r#"{"id":9223372036854775808,"username":"bob"}"#,
        r#"{"id":"","username":"bob"}"#,
        r#"{"id":" ","username":"bob"}"#,
        r#"{"id":[1],"username":"bob"}"#,
        r#"{"id":1,"username":""}"#,
        r#"{"id":1,"username":null}"#,
        r#"{"id":1,"username":7}"#,
    ] {
        let answer = server.send("POST", GEN, &[JSON], body).await;
        assert_eq!((answer.status, answer.json()), (400, error("Username and id are required")), "{body}");
    }
    for form in ["", "id=1", "username=bob", "id=&username=bob", "id=1&username="] {
        let answer = server.send("POST", GEN, &[FORM], form).await;
        assert_eq!((answer.status, answer.json()), (400, error("Username and id are required")), "{form}");
    }
    let (long_id, long_name) = ("x".repeat(201), "x".repeat(151));
    for body in [
        json!({"id": "a\u{0}b", "username": "bob"}),
        json!({"id": 1, "username": "b\u{0}b"}),
        json!({"id": 1, "username": "b\u{202e}b"}),
        json!({"id": long_id, "username": "bob"}),
        json!({"id": 1, "username": long_name}),
    ] {
        let answer = server.post(GEN, &body).await;
        let words = "Username or id is too long or contains control characters";
        assert_eq!((answer.status, answer.json()), (400, error(words)), "{body}");
    }
}

async fn an_id_and_a_name_that_are_bound_are_not_taken_over(storage: Storage) {
    let server = TestServer::on(storage).await;
    let bob = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    assert_snapshot!(golden::render(&server.post(GEN, &json!({"id": 1, "username": "eve"})).await), @r#"
    409
    cache-control: no-store
    content-type: application/json

    {
      "error": "This id belongs to another username"
    }
    "#);
    assert_snapshot!(golden::render(&server.post(GEN, &json!({"id": 3, "username": "bob"})).await), @r#"
    409
    cache-control: no-store
    content-type: application/json

    {
      "error": "This username belongs to another id"
    }
    "#);
    for (id, username) in [(json!("1"), "eve"), (json!(1), "ann"), (json!("3"), "BOB"), (json!(3), " ｂｏｂ ")] {
        let answer = server.post(GEN, &json!({"id": id, "username": username})).await;
        assert_eq!(answer.status, 409, "{id} {username}");
    }
    counts(&validate(&server, 1, &bob.access).await);
    counts(&validate(&server, 2, &ann.access).await);
    assert_eq!(refresh(&server, 3, &bob.refresh).await.status, 404, "nobody was made");
    mint(&server, 1, "Bob").await;

    assert_eq!(invalidate(&server, 2, &ann.access).await.status, 200);
    mint(&server, 2, "anna").await;
    mint(&server, 3, "ann").await;
}

async fn a_new_pair_ends_the_earlier_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let first = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    let second = mint(&server, "1", "bob").await;
    is_mismatch(&validate(&server, 1, &first.access).await);
    is_mismatch(&refresh(&server, 1, &first.refresh).await);
    is_mismatch(&invalidate(&server, 1, &first.access).await);
    counts(&validate(&server, 1, &second.access).await);
    counts(&validate(&server, 2, &ann.access).await);
    refreshed(&server, 1, &second.refresh).await;
}

async fn refresh_answers_with_an_access_token_and_ends_the_earlier_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    let answer = refresh(&server, 1, &pair.refresh).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access": "[jwt]"
    }
    "#);
    let second = text(&answer, "access");
    is_mismatch(&validate(&server, 1, &pair.access).await);
    is_mismatch(&invalidate(&server, 1, &pair.access).await);
    counts(&validate(&server, 1, &second).await);
    let third = refreshed(&server, "1", &pair.refresh).await;
    is_mismatch(&validate(&server, 1, &second).await);
    counts(&validate(&server, "1", &third).await);
    counts(&validate(&server, 2, &ann.access).await);
}

async fn the_refresh_token_is_in_the_header_or_else_in_the_body(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let (own, garbage) = (format!("Bearer {}", pair.refresh), "Bearer a.b.c".to_owned());
    let in_body = json!({"id": 1, "refresh": pair.refresh}).to_string();
    let in_form = format!("id=1&refresh={}", pair.refresh);
    let other_in_body = json!({"id": 1, "refresh": "a.b.c"}).to_string();
    for (headers, body, status) in [
        (vec![("authorization", &own[..]), JSON], other_in_body.as_str(), 200),
        (vec![("authorization", &own[..]), FORM], "id=1", 200),
        (vec![("authorization", &garbage[..]), JSON], in_body.as_str(), 401),
        (vec![("authorization", "Basic Ym9i"), JSON], in_body.as_str(), 200),
        (vec![("authorization", "Bearer "), JSON], in_body.as_str(), 200),
        (vec![JSON], in_body.as_str(), 200),
        (vec![FORM], in_form.as_str(), 200),
    ] {
        let answer = server.send("POST", REFRESH, &headers, body).await;
        assert_eq!(answer.status, status, "{headers:?} {}", answer.json());
    }
}

async fn what_cannot_be_refreshed_says_why(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    assert_snapshot!(golden::render(&server.post(REFRESH, &json!({"id": 1})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Refresh token is required"
    }
    "#);
    for body in ["", "{}", r#"{"id":1,"refresh":""}"#, r#"{"refresh":null}"#, r#"{"id":1,"refresh":7}"#] {
        let answer = server.send("POST", REFRESH, &[JSON], body).await;
        assert_eq!((answer.status, answer.json()), (400, error("Refresh token is required")), "{body}");
    }
    let bearer = format!("Bearer {}", pair.refresh);
    let of_nobody = server.send("POST", REFRESH, &[("authorization", &bearer)], "").await;
    assert_snapshot!(golden::render(&of_nobody), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "User id is required"
    }
    "#);
    for body in ["{}", r#"{"id":""}"#, r#"{"id":true}"#, r#"{"id":1.0}"#, r#"{"id":null}"#, r#"{"id":{}}"#] {
        let answer = server.send("POST", REFRESH, &[("authorization", &bearer), JSON], body).await;
        assert_eq!((answer.status, answer.json()), (400, error("User id is required")), "{body}");
    }
    assert_snapshot!(golden::render(&refresh(&server, 3, &pair.refresh).await), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "error": "User not found"
    }
    "#);
    assert_snapshot!(golden::render(&refresh(&server, 1, "garbage").await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "details": "Token is invalid",
      "error": "Could not generate access token"
    }
    "#);
    assert_snapshot!(golden::render(&refresh(&server, 1, &pair.access).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "details": "Token has wrong type",
      "error": "Could not generate access token"
    }
    "#);
    assert_snapshot!(golden::render(&refresh(&server, 1, &ann.refresh).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "token mismatch"
    }
    "#);
    for odd in ["a.b.c", "not a token", "é", &format!("{}x", pair.refresh), &"a".repeat(5_000)] {
        let answer = refresh(&server, 1, odd).await;
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("Could not generate access token")), "{odd}");
    }
    refreshed(&server, 1, &pair.refresh).await;
}

async fn validate_says_whether_it_is_the_stored_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    assert_snapshot!(golden::render(&validate(&server, 1, &pair.access).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "Valid token"
    }
    "#);
    counts(&validate(&server, "1", &pair.access).await);
    assert_snapshot!(golden::render(&validate(&server, 1, &ann.access).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "token mismatch"
    }
    "#);
    is_mismatch(&validate(&server, 2, &pair.access).await);
    is_mismatch(&validate(&server, 3, &pair.access).await);
    is_mismatch(&validate(&server, "01", &pair.access).await);
    is_mismatch(&validate(&server, 1, &pair.refresh).await);
    assert_snapshot!(golden::render(&validate(&server, 1, "garbage").await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid or expired token"
    }
    "#);
    assert_snapshot!(golden::render(&server.post(VALIDATE, &json!({"is_frontend": true, "id": 1})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Access token and id are required"
    }
    "#);
    for path in [VALIDATE, INVALIDATE] {
        for body in [
            "",
            "{}",
            r#"{"access":"a.b.c"}"#,
            r#"{"id":1,"access":""}"#,
            r#"{"id":1,"access":7}"#,
            r#"{"id":true,"access":"a.b.c"}"#,
            r#"{"id":1.5,"access":"a.b.c"}"#,
            r#"{"id":"","access":"a.b.c"}"#,
        ] {
            let answer = server.send("POST", path, &[JSON], body).await;
            assert_eq!(
                (answer.status, answer.json()),
                (400, error("Access token and id are required")),
                "{path} {body}"
            );
        }
    }
}

async fn invalidate_ends_the_pair(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    assert_snapshot!(golden::render(&invalidate(&server, 1, &pair.access).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "detail": "User logged out"
    }
    "#);
    is_mismatch(&validate(&server, 1, &pair.access).await);
    let refused = refresh(&server, 1, &pair.refresh).await;
    assert_eq!((refused.status, refused.json()), (404, error("User not found")));
    counts(&validate(&server, 2, &ann.access).await);
    mint(&server, 1, "bob").await;
    is_mismatch(&validate(&server, 1, &pair.access).await);
    is_mismatch(&refresh(&server, 1, &pair.refresh).await);
}

async fn whoever_is_not_logged_in_cannot_be_logged_out(storage: Storage) {
    let server = TestServer::on(storage).await;
    let pair = mint(&server, 1, "bob").await;
    let ann = mint(&server, 2, "ann").await;
    assert_snapshot!(golden::render(&invalidate(&server, 3, &pair.access).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "User has not logged in yet"
    }
    "#);
    assert_snapshot!(golden::render(&invalidate(&server, 1, &ann.access).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "token mismatch"
    }
    "#);
    assert_snapshot!(golden::render(&invalidate(&server, 1, "garbage").await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid or expired token"
    }
    "#);
    is_mismatch(&invalidate(&server, 1, &pair.refresh).await);
    counts(&validate(&server, 1, &pair.access).await);
    counts(&validate(&server, 2, &ann.access).await);
    assert_eq!(invalidate(&server, "1", &pair.access).await.status, 200);
    let again = invalidate(&server, 1, &pair.access).await;
    assert_eq!((again.status, again.json()), (401, error("User has not logged in yet")));
}

async fn what_the_framework_refuses_is_an_error_too(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.send("GET", GEN, &[], "").await), @r#"
    405
    allow: POST
    cache-control: no-store
    content-type: application/json

    {
      "error": "Method not allowed."
    }
    "#);
    assert_snapshot!(golden::render(&server.get("/auth/token/nothing").await), @r#"
    404
    cache-control: no-store
    content-type: application/json

    {
      "error": "Not found."
    }
    "#);
    let text = server.send("POST", GEN, &[("content-type", "text/plain")], "{}").await;
    assert_snapshot!(golden::render(&text), @r#"
    415
    cache-control: no-store
    content-type: application/json

    {
      "error": "The media type of the request body is not supported."
    }
    "#);
    assert_snapshot!(golden::render(&server.send("POST", GEN, &[JSON], r#"{"id":1,"id":2}"#).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "The request body is malformed."
    }
    "#);
    let deep = format!(r#"{{"id":1,"username":"bob","x":{}1{}}}"#, "[".repeat(32), "]".repeat(32));
    for path in [GEN, REFRESH, VALIDATE, INVALIDATE] {
        for (header, body) in
            [(JSON, "{"), (JSON, "[]"), (JSON, "null"), (JSON, &deep), (FORM, "id=1&id=1"), (FORM, "id=%ff")]
        {
            let answer = server.send("POST", path, &[header], body).await;
            assert_eq!((answer.status, answer.json()), (400, error("The request body is malformed.")), "{path} {body}");
        }
    }
    for (path, body) in [
        ("/auth/token/", error("Not found.")),
        ("/auth/token/gen-tokens/x", error("Not found.")),
        ("/auth/tokens", json!({"detail": "Not Found"})),
        ("/auth/token", json!({"detail": "Not Found"})),
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.json()), (404, body), "{path}");
    }
}
