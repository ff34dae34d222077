//! Signing up, logging in, going on, logging out.

use serde_json::json;
use tessera_tests::{Storage, TestServer, assert_snapshot, golden, on_every_storage};

use super::{
    LOGIN, LOGOUT, PASSWORD, PROFILE, REFRESH, REGISTER, Session, account, assert_alive, assert_dead, credentials,
    form, get, log_in, refresh, send, sign_up,
};

on_every_storage! {
    register_answers_with_the_account_and_its_tokens
    what_is_wrong_with_a_new_account_is_told_in_djangos_words
    privileged_members_change_nothing
    login_answers_with_the_account_and_its_tokens
    wrong_and_unknown_are_one_answer
    a_refresh_token_stays_good
    what_is_no_refresh_token_refreshes_nothing
    logout_ends_the_session_at_once
    nobody_logs_another_account_out
}

async fn register_answers_with_the_account_and_its_tokens(storage: Storage) {
    let server = TestServer::on(storage).await;
    let answer = server.post(REGISTER, &account("user")).await;
    assert_snapshot!(golden::render(&answer), @r#"
    201
    cache-control: no-store
    content-type: application/json

    {
      "message": "User registered successfully",
      "tokens": {
        "access": "[jwt]",
        "refresh": "[jwt]"
      },
      "user": {
        "created_at": "[time]",
        "email": "user@example.com",
        "full_name": "John Doe",
        "id": "[uuid]",
        "is_verified": false,
        "last_login": null,
        "username": null
      }
    }
    "#);
    assert_alive(&server, &Session::of(&answer)).await;
    let body = "email=second%40example.com&full_name=Jane+Doe&password=SecurePass123!&password_confirm=SecurePass123!";
    assert_eq!(form(&server, "/api/auth/register", body).await.status, 201);
}

async fn what_is_wrong_with_a_new_account_is_told_in_djangos_words(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let mut taken = account("user");
    taken["email"] = json!("User@Example.com");
    assert_snapshot!(golden::render(&server.post(REGISTER, &taken).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "User with this email already exists."
      ]
    }
    "#);
    assert_snapshot!(golden::render(&server.post(REGISTER, &json!({})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "This field is required."
      ],
      "full_name": [
        "This field is required."
      ],
      "password": [
        "This field is required."
      ],
      "password_confirm": [
        "This field is required."
      ]
    }
    "#);
    let mut differ = account("second");
    differ["password_confirm"] = json!("SecurePass124!");
    assert_snapshot!(golden::render(&server.post(REGISTER, &differ).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "non_field_errors": [
        "Passwords don't match"
      ]
    }
    "#);
    let mut weak = account("second");
    weak["password"] = json!("12345678");
    assert_snapshot!(golden::render(&server.post(REGISTER, &weak).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "password": [
        "This password is too common.",
        "This password is entirely numeric."
      ]
    }
    "#);
    let mut similar = account("margarita");
    (similar["password"], similar["password_confirm"]) = (json!("margarita1"), json!("margarita1"));
    similar["email"] = json!("no address");
    assert_snapshot!(golden::render(&server.post(REGISTER, &similar).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "Enter a valid email address."
      ]
    }
    "#);
    similar["email"] = json!("margarita@example.com");
    assert_eq!(
        server.post(REGISTER, &similar).await.json(),
        json!({"password": ["The password is too similar to the email address."]})
    );
}

async fn privileged_members_change_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let mut body = account("user");
    for name in ["is_staff", "is_superuser", "is_verified"] {
        body[name] = json!(true);
    }
    body["id"] = json!("00000000-0000-7000-8000-000000000000");
    body["username"] = json!("root");
    let answer = server.post(REGISTER, &body).await;
    let user = &answer.json()["user"];
    assert_eq!((&user["is_verified"], &user["username"]), (&json!(false), &json!(null)));
    assert_ne!(user["id"], body["id"]);
    let list = get(&server, "/api/v1/users", &Session::of(&answer).access).await;
    assert!(list.json()[0].get("email").is_none(), "an ordinary account sees no addresses");
}

async fn login_answers_with_the_account_and_its_tokens(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let answer = server.post(LOGIN, &credentials("USER", PASSWORD)).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Login successful",
      "tokens": {
        "access": "[jwt]",
        "refresh": "[jwt]"
      },
      "user": {
        "created_at": "[time]",
        "email": "user@example.com",
        "full_name": "John Doe",
        "id": "[uuid]",
        "is_verified": false,
        "last_login": "[time]",
        "username": null
      }
    }
    "#);
    let profile = get(&server, PROFILE, &Session::of(&answer).access).await.json();
    assert_eq!(profile, answer.json()["user"]);
    let encoded = form(&server, "/api/auth/login", "email=user@example.com&password=SecurePass123%21").await;
    assert_eq!(encoded.status, 200, "{}", encoded.json());
}

async fn wrong_and_unknown_are_one_answer(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let wrong = server.post(LOGIN, &credentials("user", "SecurePass124!")).await;
    assert_snapshot!(golden::render(&wrong), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "non_field_errors": [
        "Invalid email or password"
      ]
    }
    "#);
    for name in ["nobody", "no address"] {
        let unknown = server.post(LOGIN, &credentials(name, PASSWORD)).await;
        assert_eq!(golden::render(&wrong), golden::render(&unknown));
    }
    for name in ["user", "nobody"] {
        assert_eq!(server.post(LOGIN, &credentials(name, " ")).await.status, 400, "malformed for everybody");
    }
}

async fn a_refresh_token_stays_good(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    for minutes in [0, 1, 60 * 24] {
        server.clock.advance(std::time::Duration::from_mins(minutes));
        let answer = refresh(&server, &session.refresh).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let access = answer.json()["access"].as_str().expect("a token").to_owned();
        assert_eq!(get(&server, PROFILE, &access).await.status, 200);
    }
    assert_snapshot!(golden::render(&refresh(&server, &session.refresh).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "access": "[jwt]"
    }
    "#);
    let bad_bearer = send(&server, "POST", REFRESH, "garbage", &json!({"refresh": session.refresh})).await;
    assert_eq!(bad_bearer.status, 200, "a bearer that does not count changes nothing");
    assert_eq!(form(&server, "/api/auth/refresh", &format!("refresh={}", session.refresh)).await.status, 200);
}

async fn what_is_no_refresh_token_refreshes_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    assert_snapshot!(golden::render(&server.send("POST", REFRESH, &[], "").await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Refresh token is required"
    }
    "#);
    assert_eq!(
        server.post(REFRESH, &json!({"refresh": ""})).await.json(),
        json!({"error": "Refresh token is required"})
    );
    assert_snapshot!(golden::render(&refresh(&server, &session.access).await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid refresh token"
    }
    "#);
    for token in ["garbage", "a.b.c", &format!("{}x", session.refresh)] {
        assert_eq!(refresh(&server, token).await.json(), json!({"error": "Invalid refresh token"}), "{token}");
    }
    server.clock.advance(std::time::Duration::from_hours(7 * 24));
    assert_eq!(refresh(&server, &session.refresh).await.json(), json!({"error": "Invalid refresh token"}), "expired");
}

async fn logout_ends_the_session_at_once(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (phone, laptop) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    let answer = send(&server, "POST", LOGOUT, &phone.access, &json!({"refresh": phone.refresh})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Logout successful"
    }
    "#);
    assert_dead(&server, &phone).await;
    assert_alive(&server, &laptop).await;
    let bearer = format!("Bearer {}", laptop.access);
    let alone = server.send("POST", "/api/auth/logout", &[("authorization", &bearer)], "").await;
    assert_eq!(alone.status, 200, "a refresh token is not needed");
    assert_dead(&server, &laptop).await;
}

async fn nobody_logs_another_account_out(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (mine, theirs) = (sign_up(&server, "user").await, sign_up(&server, "eve").await);
    let answer = send(&server, "POST", LOGOUT, &mine.access, &json!({"refresh": theirs.refresh})).await;
    assert_snapshot!(golden::render(&answer), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid token"
    }
    "#);
    let garbage = send(&server, "POST", LOGOUT, &mine.access, &json!({"refresh": "garbage"})).await;
    assert_eq!((garbage.status, garbage.json()), (400, json!({"error": "Invalid token"})));
    assert_alive(&server, &theirs).await;
    assert_alive(&server, &mine).await;
}
