//! The contract `users`: every row of its table, and the settled points that concern it.

use serde_json::{Value, json};
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, golden, on_every_storage};

on_every_storage! {
    create_answers_with_the_account
    every_wrong_field_is_named_at_once
    weak_passwords_are_refused_in_djangos_words
    privileged_members_change_nothing
    one_address_makes_one_account_however_it_is_written
    login_answers_with_both_tokens_and_the_account
    wrong_and_unknown_are_one_answer
    malformed_credentials_are_malformed_for_everybody
    the_postman_collection_of_the_readme_works
    refresh_gives_two_new_tokens_and_spends_the_old_one
    a_token_spent_before_the_window_ends_the_session
    a_refresh_needs_its_header_and_nothing_else
    an_expired_refresh_token_is_an_invalid_one
    logout_ends_the_session_at_once
    logout_wants_bearer_header_and_body
    nobody_logs_another_account_out
    logout_ends_the_sessions_of_both_tokens
    the_list_is_public_and_shows_little
    pages_follow_each_other_without_gaps
    the_list_can_be_closed
    a_form_is_not_json
    what_is_not_there_is_said_in_the_contracts_shape
}

const CREATE: &str = "/api/v1/user/create";
const LOGIN: &str = "/api/v1/user/login";
const REFRESH: &str = "/api/v1/user/refresh";
const LOGOUT: &str = "/api/v1/user/logout";
const USERS: &str = "/api/v1/users";

fn ana() -> Value {
    json!({"username": "testuser", "email": "test@example.com", "password": "securepassword123"})
}

async fn logged_in(server: &TestServer) -> (String, String) {
    let created = server.post(CREATE, &ana()).await;
    assert_eq!(created.status, 201, "{}", created.json());
    log_in(server).await
}

async fn log_in(server: &TestServer) -> (String, String) {
    tokens(&server.post(LOGIN, &json!({"email": "test@example.com", "password": "securepassword123"})).await)
}

fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.json());
    let text = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(server: &TestServer, token: &str) -> Answer {
    server.send("POST", REFRESH, &[("x-refresh-token", token)], "").await
}

async fn log_out(server: &TestServer, access: &str, header: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers =
        [("authorization", bearer.as_str()), ("x-refresh-token", header), ("content-type", "application/json")];
    server.send("POST", LOGOUT, &headers, &body.to_string()).await
}

async fn create_answers_with_the_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.post(CREATE, &ana()).await), @r#"
    201
    cache-control: no-store
    content-type: application/json

    {
      "date_joined": "[time]",
      "email": "test@example.com",
      "id": "[uuid]",
      "username": "testuser"
    }
    "#);
    let slash = server.post("/api/v1/user/create/", &ana()).await;
    assert_snapshot!(golden::render(&slash), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "User with this email already exists."
      ],
      "username": [
        "User with this username already exists."
      ]
    }
    "#);
}

async fn every_wrong_field_is_named_at_once(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.post(CREATE, &json!({})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "This field is required."
      ],
      "password": [
        "This field is required."
      ],
      "username": [
        "This field is required."
      ]
    }
    "#);
    let wrong = json!({"username": "no spaces", "email": "no address", "password": ""});
    assert_snapshot!(golden::render(&server.post(CREATE, &wrong).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "Enter a valid email address."
      ],
      "password": [
        "This field may not be blank."
      ],
      "username": [
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
      ]
    }
    "#);
    let odd = json!({"username": null, "email": 7, "password": ["x"]});
    assert_snapshot!(golden::render(&server.post(CREATE, &odd).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "Not a valid string."
      ],
      "password": [
        "Not a valid string."
      ],
      "username": [
        "This field may not be null."
      ]
    }
    "#);
}

async fn weak_passwords_are_refused_in_djangos_words(storage: Storage) {
    let server = TestServer::on(storage).await;
    let weak = |password: &str| json!({"username": "testuser", "email": "test@example.com", "password": password});
    assert_snapshot!(golden::render(&server.post(CREATE, &weak("1234")).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "password": [
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
        "This password is entirely numeric."
      ]
    }
    "#);
    assert_snapshot!(golden::render(&server.post(CREATE, &weak("testuser1")).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "password": [
        "The password is too similar to the username."
      ]
    }
    "#);
    for password in ["password", "12345678", "qwerty123"] {
        assert_eq!(server.post(CREATE, &weak(password)).await.status, 400, "{password}");
    }
}

async fn privileged_members_change_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let mut body = ana();
    for name in ["is_staff", "is_superuser", "is_verified"] {
        body[name] = json!(true);
    }
    body["id"] = json!("00000000-0000-7000-8000-000000000000");
    let created = server.post(CREATE, &body).await;
    assert_eq!(created.status, 201);
    assert_ne!(created.json()["id"], body["id"]);
    let (access, _) = log_in(&server).await;
    let list = server.send("GET", USERS, &[("authorization", &format!("Bearer {access}"))], "").await;
    assert!(list.json()[0].get("email").is_none(), "an ordinary account sees no addresses");
}

async fn one_address_makes_one_account_however_it_is_written(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_eq!(server.post(CREATE, &ana()).await.status, 201);
    for (username, email) in
        [("other", "TEST@Example.Com"), ("TestUser", "other@example.com"), ("ｔｅｓｔｕｓｅｒ", "o@example.com")]
    {
        let body = json!({"username": username, "email": email, "password": "securepassword123"});
        assert_eq!(server.post(CREATE, &body).await.status, 400, "{username} {email}");
    }
}

async fn login_answers_with_both_tokens_and_the_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    logged_in(&server).await;
    let body = json!({"email": "Test@Example.com", "password": "securepassword123"});
    assert_snapshot!(golden::render(&server.post(LOGIN, &body).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "[jwt]",
      "message": "Login successful",
      "refresh_token": "[jwt]",
      "user": {
        "email": "test@example.com",
        "id": "[uuid]",
        "username": "testuser"
      }
    }
    "#);
}

async fn wrong_and_unknown_are_one_answer(storage: Storage) {
    let server = TestServer::on(storage).await;
    logged_in(&server).await;
    let wrong = server.post(LOGIN, &json!({"email": "test@example.com", "password": "securepassword124"})).await;
    let unknown = server.post(LOGIN, &json!({"email": "nobody@example.com", "password": "securepassword123"})).await;
    assert_snapshot!(golden::render(&wrong), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "message": "Invalid email or password"
    }
    "#);
    assert_eq!(golden::render(&wrong), golden::render(&unknown));
}

async fn malformed_credentials_are_malformed_for_everybody(storage: Storage) {
    let server = TestServer::on(storage).await;
    logged_in(&server).await;
    let long = "x".repeat(1_025);
    for password in ["", "   ", long.as_str()] {
        for email in ["test@example.com", "nobody@example.com"] {
            let answer = server.post(LOGIN, &json!({"email": email, "password": password})).await;
            assert_eq!(answer.status, 400);
            assert!(answer.json()["password"].is_array());
        }
    }
    assert_snapshot!(golden::render(&server.post(LOGIN, &json!({})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "This field is required."
      ],
      "password": [
        "This field is required."
      ]
    }
    "#);
}

async fn the_postman_collection_of_the_readme_works(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_eq!(server.post("/api/account/create/", &ana()).await.status, 201);
    let body = json!({"username": "testuser", "password": "securepassword123"});
    assert_snapshot!(golden::render(&server.post("/api/login/", &body).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "[jwt]",
      "message": "Login successful",
      "refresh_token": "[jwt]",
      "user": {
        "email": "test@example.com",
        "id": "[uuid]",
        "username": "testuser"
      }
    }
    "#);
    let body = json!({"email": "test@example.com", "password": "securepassword123"});
    assert_eq!(server.post("/api/login", &body).await.status, 200);
    let wrong = server.post("/api/login/", &json!({"username": "testuser", "password": "securepassword124"})).await;
    assert_eq!((wrong.status, wrong.json()), (401, json!({"message": "Invalid email or password"})));
    assert_eq!(server.post("/api/login/", &json!({"password": "securepassword123"})).await.status, 400);
}

async fn refresh_gives_two_new_tokens_and_spends_the_old_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, first) = logged_in(&server).await;
    let answer = refresh(&server, &first).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "[jwt]",
      "refresh_token": "[jwt]"
    }
    "#);
    let (next_access, second) = tokens(&answer);
    assert_ne!((&access, &first), (&next_access, &second));
    assert_snapshot!(golden::render(&refresh(&server, &first).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "message": "Refresh token has been revoked"
    }
    "#);
    assert_eq!(refresh(&server, &second).await.status, 200, "within the window a spent token harms nobody");
}

async fn a_token_spent_before_the_window_ends_the_session(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (_, first) = logged_in(&server).await;
    let (access, second) = tokens(&refresh(&server, &first).await);
    server.clock.advance(std::time::Duration::from_secs(11));
    let reused = refresh(&server, &first).await;
    assert_eq!((reused.status, reused.json()), (401, json!({"message": "Refresh token has been revoked"})));
    let dead = refresh(&server, &second).await;
    assert_eq!((dead.status, dead.json()), (401, json!({"message": "Refresh token has been revoked"})));
    let logout = log_out(&server, &access, &second, &json!({"refresh_token": second})).await;
    assert_eq!(logout.status, 401, "its access tokens are dead too");
}

async fn a_refresh_needs_its_header_and_nothing_else(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, first) = logged_in(&server).await;
    assert_snapshot!(golden::render(&server.send("POST", REFRESH, &[], "").await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "message": "Invalid refresh header"
    }
    "#);
    assert_eq!(refresh(&server, "").await.status, 400);
    for token in ["garbage", &access, "a.b.c", &format!("{first}x")] {
        let answer = refresh(&server, token).await;
        assert_eq!((answer.status, answer.json()), (401, json!({"message": "Invalid refresh token"})), "{token}");
    }
    let bad_bearer = [("x-refresh-token", first.as_str()), ("authorization", "Bearer garbage")];
    assert_eq!(server.send("POST", REFRESH, &bad_bearer, "").await.status, 200);
}

async fn an_expired_refresh_token_is_an_invalid_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (_, first) = logged_in(&server).await;
    server.clock.advance(std::time::Duration::from_hours(7 * 24));
    let answer = refresh(&server, &first).await;
    assert_eq!((answer.status, answer.json()), (401, json!({"message": "Invalid refresh token"})));
}

async fn logout_ends_the_session_at_once(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, token) = logged_in(&server).await;
    let body = json!({"refresh_token": token});
    assert_snapshot!(golden::render(&log_out(&server, &access, &token, &body).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Logout successful"
    }
    "#);
    assert_eq!(log_out(&server, &access, &token, &body).await.status, 401, "a second time");
    let spent = refresh(&server, &token).await;
    assert_eq!((spent.status, spent.json()), (401, json!({"message": "Refresh token has been revoked"})));
}

async fn logout_wants_bearer_header_and_body(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, token) = logged_in(&server).await;
    let body = json!({"refresh_token": token});
    let json_type = ("content-type", "application/json");
    let bearer = format!("Bearer {access}");

    let no_bearer = server.send("POST", LOGOUT, &[("x-refresh-token", &token), json_type], &body.to_string()).await;
    assert_snapshot!(golden::render(&no_bearer), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "message": "Invalid authorization header"
    }
    "#);
    let no_header = server.send("POST", LOGOUT, &[("authorization", &bearer), json_type], &body.to_string()).await;
    assert_snapshot!(golden::render(&no_header), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "message": "Invalid refresh header"
    }
    "#);
    let invalid_header = json!({"message": "Invalid refresh header"});
    for body in [json!({}), json!({"refresh_token": "another"}), json!({"refresh_token": ""})] {
        let answer = log_out(&server, &access, &token, &body).await;
        assert_eq!((answer.status, answer.json()), (400, invalid_header.clone()), "{body}");
    }
    let garbage = log_out(&server, &access, "garbage", &json!({"refresh_token": "garbage"})).await;
    assert_eq!((garbage.status, garbage.json()), (401, json!({"message": "Invalid refresh token"})));
    assert_eq!(log_out(&server, &access, &token, &body).await.status, 200, "nothing was ended before");
}

async fn nobody_logs_another_account_out(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (access, _) = logged_in(&server).await;
    let eve = json!({"username": "eve", "email": "eve@example.com", "password": "a long walk by the sea"});
    server.post(CREATE, &eve).await;
    let login = json!({"email": "eve@example.com", "password": "a long walk by the sea"});
    let (_, theirs) = tokens(&server.post(LOGIN, &login).await);
    let answer = log_out(&server, &access, &theirs, &json!({"refresh_token": theirs})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "message": "Access and refresh token do not belong to the same user"
    }
    "#);
    assert_eq!(refresh(&server, &theirs).await.status, 200);
}

async fn logout_ends_the_sessions_of_both_tokens(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (phone_access, phone) = logged_in(&server).await;
    let (laptop_access, laptop) = log_in(&server).await;
    let answer = log_out(&server, &phone_access, &laptop, &json!({"refresh_token": laptop})).await;
    assert_eq!(answer.status, 200);
    for token in [phone, laptop] {
        assert_eq!(refresh(&server, &token).await.status, 401);
    }
    let (access, token) = log_in(&server).await;
    assert_eq!(log_out(&server, &laptop_access, &token, &json!({"refresh_token": token})).await.status, 401);
    assert_eq!(log_out(&server, &access, &token, &json!({"refresh_token": token})).await.status, 200);
}

async fn the_list_is_public_and_shows_little(storage: Storage) {
    let server = TestServer::on(storage).await;
    assert_snapshot!(golden::render(&server.get(USERS).await), @"
    200
    cache-control: no-store
    content-type: application/json

    []
    ");
    server.post(CREATE, &ana()).await;
    assert_snapshot!(golden::render(&server.get("/api/v1/users/").await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    [
      {
        "date_joined": "[time]",
        "id": "[uuid]",
        "username": "testuser"
      }
    ]
    "#);
    let bad = server.send("GET", USERS, &[("authorization", "Bearer garbage")], "").await;
    assert_eq!(bad.status, 200, "a bad bearer changes nothing on a public list");
}

async fn pages_follow_each_other_without_gaps(storage: Storage) {
    let server = TestServer::on(storage).await;
    for name in ["one", "two", "three"] {
        let body =
            json!({"username": name, "email": format!("{name}@example.com"), "password": "a long walk by the sea"});
        assert_eq!(server.post(CREATE, &body).await.status, 201);
        server.clock.advance(std::time::Duration::from_secs(1));
    }
    let first = server.get("/api/v1/users?limit=2").await;
    assert_snapshot!(golden::render(&first), @r#"
    200
    cache-control: no-store
    content-type: application/json
    link: </api/v1/users?limit=2&cursor=[cursor]>; rel="next"

    [
      {
        "date_joined": "[time]",
        "id": "[uuid]",
        "username": "one"
      },
      {
        "date_joined": "[time]",
        "id": "[uuid]",
        "username": "two"
      }
    ]
    "#);
    let link = first.headers["link"].to_str().expect("text");
    let next = link.trim_start_matches('<').split('>').next().expect("a target");
    let second = server.get(next).await;
    let names = |answer: &Answer| -> Vec<String> {
        let list = answer.json();
        list.as_array()
            .expect("a list")
            .iter()
            .map(|user| user["username"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!([names(&first), names(&second)], [vec!["one", "two"], vec!["three"]]);
    assert!(second.headers.get("link").is_none());
    for query in ["limit=0", "limit=-1", "limit=x", "limit=", "cursor=x", "cursor="] {
        assert_eq!(server.get(&format!("{USERS}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(server.get("/api/v1/users?limit=1000").await.status, 200);
}

async fn the_list_can_be_closed(storage: Storage) {
    let server = TestServer::on_with(storage, &[("USERS_LIST", "authenticated")]).await;
    let (access, _) = logged_in(&server).await;
    assert_snapshot!(golden::render(&server.get(USERS).await), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "message": "Invalid authorization header"
    }
    "#);
    let bearer = format!("Bearer {access}");
    assert_eq!(server.send("GET", USERS, &[("authorization", &bearer)], "").await.status, 200);

    let server = TestServer::on_with(storage, &[("USERS_LIST", "staff")]).await;
    let (access, _) = logged_in(&server).await;
    let bearer = format!("Bearer {access}");
    let answer = server.send("GET", USERS, &[("authorization", &bearer)], "").await;
    assert_snapshot!(golden::render(&answer), @r#"
    403
    cache-control: no-store
    content-type: application/json

    {
      "message": "You do not have permission to perform this action."
    }
    "#);
}

async fn a_form_is_not_json(storage: Storage) {
    let server = TestServer::on(storage).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = server.send("POST", LOGIN, &form, "email=test@example.com&password=securepassword123").await;
    assert_snapshot!(golden::render(&answer), @r#"
    415
    cache-control: no-store
    content-type: application/json

    {
      "message": "The media type of the request body is not supported."
    }
    "#);
}

async fn what_is_not_there_is_said_in_the_contracts_shape(storage: Storage) {
    let server = TestServer::on(storage).await;
    for path in ["/api/v1/nothing", "/api/v1/", "/api/account/nothing", "/api/login/nothing"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["message"].is_string(), "{path}");
    }
    let answer = server.send("DELETE", LOGIN, &[], "").await;
    assert_snapshot!(golden::render(&answer), @r#"
    405
    allow: POST
    cache-control: no-store
    content-type: application/json

    {
      "message": "Method not allowed."
    }
    "#);
}
