//! Looking at one's account, and changing what it says.

use serde_json::json;
use tessera_tests::{Mailbox, Storage, TestServer, assert_snapshot, golden, on_every_storage};

use super::{PASSWORD, PROFILE, UPDATE, assert_alive, get, send, sign_up};

on_every_storage! {
    a_profile_is_shown_to_its_owner
    names_are_changed_by_put_and_by_patch
    a_new_address_takes_the_password
    the_same_address_in_other_capitals_is_no_change
    what_is_taken_is_named_and_nothing_is_changed
    what_is_wrong_with_a_profile_is_told_in_djangos_words
}

async fn a_profile_is_shown_to_its_owner(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    assert_snapshot!(golden::render(&get(&server, PROFILE, &session.access).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "created_at": "[time]",
      "email": "user@example.com",
      "full_name": "John Doe",
      "id": "[uuid]",
      "is_verified": false,
      "last_login": null,
      "username": null
    }
    "#);
    assert_eq!(get(&server, "/api/auth/profile", &session.access).await.status, 200);
    assert_snapshot!(golden::render(&server.get(PROFILE).await), @r#"
    401
    www-authenticate: Bearer
    cache-control: no-store
    content-type: application/json

    {
      "detail": "Authentication credentials were not provided."
    }
    "#);
    assert_snapshot!(golden::render(&get(&server, PROFILE, "garbage").await), @r#"
    401
    www-authenticate: Bearer error="invalid_token"
    cache-control: no-store
    content-type: application/json

    {
      "code": "token_not_valid",
      "detail": "Given token not valid for any token type",
      "messages": [
        {
          "message": "Token is invalid or expired",
          "token_class": "AccessToken",
          "token_type": "access"
        }
      ]
    }
    "#);
    let refresh_token = get(&server, PROFILE, &session.refresh).await;
    assert_eq!(refresh_token.json()["code"], "token_not_valid", "a refresh token opens nothing else");
}

async fn names_are_changed_by_put_and_by_patch(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let body = json!({"full_name": "Jane Roe", "username": "Jane", "is_verified": true});
    assert_snapshot!(golden::render(&send(&server, "PUT", UPDATE, &session.access, &body).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Profile updated successfully",
      "user": {
        "created_at": "[time]",
        "email": "user@example.com",
        "full_name": "Jane Roe",
        "id": "[uuid]",
        "is_verified": false,
        "last_login": null,
        "username": "Jane"
      }
    }
    "#);
    let body = json!({"username": "jane"});
    let patched = send(&server, "PATCH", "/api/auth/profile/update", &session.access, &body).await;
    let user = patched.json()["user"].clone();
    assert_eq!((&user["username"], &user["full_name"]), (&json!("jane"), &json!("Jane Roe")));
    assert_eq!(get(&server, PROFILE, &session.access).await.json(), user, "what was remembered is forgotten");
    let by_name = server.post("/api/login/", &json!({"username": "JANE", "password": PASSWORD})).await;
    assert_eq!(by_name.status, 200, "the new name logs in");
}

async fn a_new_address_takes_the_password(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let mut body = json!({"email": "new@example.com"});
    assert_snapshot!(golden::render(&send(&server, "PATCH", UPDATE, &session.access, &body).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "This field is required."
      ]
    }
    "#);
    body["current_password"] = json!("SecurePass124!");
    assert_snapshot!(golden::render(&send(&server, "PATCH", UPDATE, &session.access, &body).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "Current password is incorrect"
      ]
    }
    "#);
    assert_eq!(get(&server, PROFILE, &session.access).await.json()["email"], "user@example.com");
    body["current_password"] = json!(PASSWORD);
    let changed = send(&server, "PATCH", UPDATE, &session.access, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    let user = &changed.json()["user"];
    assert_eq!((&user["email"], &user["is_verified"]), (&json!("new@example.com"), &json!(false)));
    assert_alive(&server, &session).await;
    let mails = Mailbox(&server.data().folder().join("mail"));
    mails.subject("user@example.com", "Your address was changed", 1).await;
    mails.subject("new@example.com", "Confirm your address", 1).await;
}

async fn the_same_address_in_other_capitals_is_no_change(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let same = send(&server, "PUT", UPDATE, &session.access, &json!({"email": "USER@Example.com"})).await;
    assert_eq!((same.status, &same.json()["user"]["email"]), (200, &json!("user@example.com")));
    assert_eq!(send(&server, "PUT", UPDATE, &session.access, &json!({})).await.status, 200, "nothing to change");
}

async fn what_is_taken_is_named_and_nothing_is_changed(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (session, other) = (sign_up(&server, "user").await, sign_up(&server, "other").await);
    let named = send(&server, "PUT", UPDATE, &other.access, &json!({"username": "other"})).await;
    assert_eq!(named.status, 200);
    let body =
        json!({"full_name": "Eve", "email": "Other@example.com", "username": "OTHER", "current_password": PASSWORD});
    assert_snapshot!(golden::render(&send(&server, "PUT", UPDATE, &session.access, &body).await), @r#"
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
    assert_eq!(get(&server, PROFILE, &session.access).await.json()["full_name"], "John Doe");
}

async fn what_is_wrong_with_a_profile_is_told_in_djangos_words(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let body = json!({"full_name": "", "email": "no address", "username": null, "current_password": 7});
    assert_snapshot!(golden::render(&send(&server, "PUT", UPDATE, &session.access, &body).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "Not a valid string."
      ],
      "email": [
        "Enter a valid email address."
      ],
      "full_name": [
        "This field may not be blank."
      ],
      "username": [
        "This field may not be null."
      ]
    }
    "#);
}
