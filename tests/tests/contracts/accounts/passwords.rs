//! Changing a password by whoever knows it.

use serde_json::{Value, json};
use tessera_tests::{Answer, Mailbox, Storage, TestServer, assert_snapshot, golden, on_every_storage};

use super::{
    CHANGE, LOGIN, NEW_PASSWORD, PASSWORD, Session, assert_alive, assert_dead, credentials, log_in, send, sign_up,
};

on_every_storage! {
    a_change_ends_every_session_and_opens_one
    a_change_needs_the_current_password
    a_new_password_is_held_against_the_account
    a_change_is_all_or_nothing
}

fn change(current: &str, new: &str, repeated: &str) -> Value {
    json!({"current_password": current, "new_password": new, "new_password_confirm": repeated})
}

async fn send_change(server: &TestServer, session: &Session, body: &Value) -> Answer {
    send(server, "POST", CHANGE, &session.access, body).await
}

async fn a_change_ends_every_session_and_opens_one(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (phone, laptop) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    let answer = send_change(&server, &phone, &change(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)).await;
    assert_snapshot!(golden::render(&answer), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Password changed successfully",
      "tokens": {
        "access": "[jwt]",
        "refresh": "[jwt]"
      }
    }
    "#);
    assert_dead(&server, &phone).await;
    assert_dead(&server, &laptop).await;
    assert_alive(&server, &Session::of(&answer)).await;
    assert_eq!(server.post(LOGIN, &credentials("user", PASSWORD)).await.status, 401);
    assert_eq!(server.post(LOGIN, &credentials("user", NEW_PASSWORD)).await.status, 200);
    Mailbox(&server.data().folder().join("mail")).subject("user@example.com", "Your password was changed", 1).await;
    let server = server.restart().await;
    assert_dead(&server, &phone).await;
    assert_alive(&server, &Session::of(&answer)).await;
}

async fn a_change_needs_the_current_password(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let wrong = send_change(&server, &session, &change("SecurePass124!", "password", "another")).await;
    assert_snapshot!(golden::render(&wrong), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "Current password is incorrect"
      ]
    }
    "#);
    let missing = send_change(&server, &session, &json!({})).await;
    assert_snapshot!(golden::render(&missing), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "This field is required."
      ],
      "new_password": [
        "This field is required."
      ],
      "new_password_confirm": [
        "This field is required."
      ]
    }
    "#);
    assert_alive(&server, &session).await;
}

async fn a_new_password_is_held_against_the_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "margarita").await;
    let similar = send_change(&server, &session, &change(PASSWORD, "margarita1", "another")).await;
    assert_snapshot!(golden::render(&similar), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "new_password": [
        "The password is too similar to the email address."
      ]
    }
    "#);
    let differ = send_change(&server, &session, &change(PASSWORD, NEW_PASSWORD, PASSWORD)).await;
    assert_snapshot!(golden::render(&differ), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "non_field_errors": [
        "New passwords don't match"
      ]
    }
    "#);
    let same = send_change(&server, &session, &change(PASSWORD, PASSWORD, PASSWORD)).await;
    assert_eq!(same.status, 200, "the old password may be the new one");
}

async fn a_change_is_all_or_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    for body in [
        change(PASSWORD, "1234", "1234"),
        change(PASSWORD, NEW_PASSWORD, "another"),
        change(PASSWORD, NEW_PASSWORD, " "),
        change("", NEW_PASSWORD, NEW_PASSWORD),
        json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
    ] {
        assert_eq!(send_change(&server, &session, &body).await.status, 400, "{body}");
    }
    assert_alive(&server, &session).await;
    assert_eq!(server.post(LOGIN, &credentials("user", PASSWORD)).await.status, 200);
}
