//! What is mailed: links for a new password, and links that confirm an address.

use std::time::Duration;

use serde_json::{Value, json};
use tessera_tests::{Answer, Mailbox, Storage, TestServer, assert_snapshot, golden, on_every_storage};

use super::{
    CHANGE, FORGOT, LOGIN, NEW_PASSWORD, PASSWORD, PROFILE, RESEND, RESET, UPDATE, VERIFY, assert_alive, assert_dead,
    credentials, form, get, log_in, send, sign_up,
};

on_every_storage! {
    known_and_unknown_addresses_are_one_answer
    a_link_permits_one_new_password
    a_link_ends_with_its_time
    the_newest_link_wins
    a_password_that_is_refused_spends_no_link
    a_change_of_password_ends_all_links
    a_change_of_address_ends_all_links
    an_address_is_confirmed_by_the_link_that_was_mailed_to_it
    a_link_that_is_asked_for_again_takes_the_place_of_the_first
    nothing_is_mailed_to_an_address_that_is_confirmed
    a_link_of_one_kind_is_none_of_the_other
}

fn reset(token: &str, password: &str) -> Value {
    json!({"token": token, "password": password, "password_confirm": password})
}

async fn spend(server: &TestServer, token: &str) -> Answer {
    server.post(RESET, &reset(token, NEW_PASSWORD)).await
}

fn refused() -> (u16, Value) {
    (400, json!({"error": "Invalid or expired reset token"}))
}

/// Asks for a link, and takes it out of the mail; it is the one with this number.
async fn ask(server: &TestServer, number: usize) -> String {
    server.outbox_is_empty().await;
    assert_eq!(server.post(FORGOT, &json!({"email": "user@example.com"})).await.status, 200);
    let folder = server.data().folder().join("mail");
    Mailbox(&folder).token("user@example.com", "reset-password", number).await
}

/// The link that a new account was mailed.
async fn confirmation(server: &TestServer) -> String {
    let folder = server.data().folder().join("mail");
    Mailbox(&folder).token("user@example.com", "verify-email", 1).await
}

async fn known_and_unknown_addresses_are_one_answer(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let known = server.post(FORGOT, &json!({"email": "user@example.com"})).await;
    assert_snapshot!(golden::render(&known), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "If an account with this email exists, a password reset link has been sent."
    }
    "#);
    let unknown = server.post(FORGOT, &json!({"email": "nobody@example.com"})).await;
    assert_eq!(golden::render(&known), golden::render(&unknown));
    assert_eq!(known.bytes, unknown.bytes);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
    let folder = server.data().folder().join("mail");
    Mailbox(&folder).token("user@example.com", "reset-password", 1).await;
    assert_eq!(Mailbox(&folder).count("nobody@example.com"), 0);
    assert_eq!(form(&server, "/api/auth/forgot-password", "email=user@example.com").await.status, 200);
    assert_snapshot!(golden::render(&server.post(FORGOT, &json!({"email": "no address"})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "email": [
        "Enter a valid email address."
      ]
    }
    "#);
}

async fn a_link_permits_one_new_password(storage: Storage) {
    let server = TestServer::on(storage).await;
    let (phone, laptop) = (sign_up(&server, "user").await, log_in(&server, "user").await);
    let token = ask(&server, 1).await;
    assert_snapshot!(golden::render(&spend(&server, &token).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Password reset successful"
    }
    "#);
    assert_dead(&server, &phone).await;
    assert_dead(&server, &laptop).await;
    assert_eq!(server.post(LOGIN, &credentials("user", PASSWORD)).await.status, 401);
    assert_eq!(server.post(LOGIN, &credentials("user", NEW_PASSWORD)).await.status, 200);
    let again = spend(&server, &token).await;
    assert_snapshot!(golden::render(&again), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid or expired reset token"
    }
    "#);
    for unknown in ["garbage", &token.replace(|c: char| c.is_ascii_alphanumeric(), "A")] {
        assert_eq!(golden::render(&spend(&server, unknown).await), golden::render(&again));
    }
    let folder = server.data().folder().join("mail");
    Mailbox(&folder).subject("user@example.com", "Your password was changed", 1).await;
}

async fn a_link_ends_with_its_time(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let token = ask(&server, 1).await;
    server.clock.advance(Duration::from_mins(10));
    let late = spend(&server, &token).await;
    assert_eq!((late.status, late.json()), refused());
}

async fn the_newest_link_wins(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let first = ask(&server, 1).await;
    // Mails are named by the moment in which they were queued.
    server.clock.advance(Duration::from_secs(1));
    let second = ask(&server, 2).await;
    let old = spend(&server, &first).await;
    assert_eq!((old.status, old.json()), refused());
    assert_eq!(spend(&server, &second).await.status, 200);
}

async fn a_password_that_is_refused_spends_no_link(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let token = ask(&server, 1).await;
    assert_snapshot!(golden::render(&server.post(RESET, &reset(&token, "password")).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "password": [
        "This password is too common."
      ]
    }
    "#);
    let mut differ = reset(&token, NEW_PASSWORD);
    differ["password_confirm"] = json!(PASSWORD);
    assert_snapshot!(golden::render(&server.post(RESET, &differ).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "non_field_errors": [
        "Passwords don't match"
      ]
    }
    "#);
    assert_snapshot!(golden::render(&server.post(RESET, &json!({})).await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "password": [
        "This field is required."
      ],
      "password_confirm": [
        "This field is required."
      ],
      "token": [
        "This field is required."
      ]
    }
    "#);
    assert_eq!(spend(&server, &token).await.status, 200);
}

async fn a_change_of_password_ends_all_links(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let (reset, confirm) = (ask(&server, 1).await, confirmation(&server).await);
    let body =
        json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD});
    assert_eq!(send(&server, "POST", CHANGE, &session.access, &body).await.status, 200);
    let dead = spend(&server, &reset).await;
    assert_eq!((dead.status, dead.json()), refused());
    assert_eq!(server.post(VERIFY, &json!({"token": confirm})).await.status, 400);
}

async fn a_change_of_address_ends_all_links(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let (reset, confirm) = (ask(&server, 1).await, confirmation(&server).await);
    let body = json!({"email": "new@example.com", "current_password": PASSWORD});
    assert_eq!(send(&server, "PUT", UPDATE, &session.access, &body).await.status, 200);
    let dead = spend(&server, &reset).await;
    assert_eq!((dead.status, dead.json()), refused());
    assert_eq!(server.post(VERIFY, &json!({"token": confirm})).await.status, 400, "it confirmed another address");
    assert_alive(&server, &session).await;
}

async fn an_address_is_confirmed_by_the_link_that_was_mailed_to_it(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    assert_eq!(get(&server, PROFILE, &session.access).await.json()["is_verified"], false);
    let token = confirmation(&server).await;
    assert_snapshot!(golden::render(&server.post(VERIFY, &json!({"token": token})).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Email verified successfully"
    }
    "#);
    assert_eq!(get(&server, PROFILE, &session.access).await.json()["is_verified"], true);
    let again = server.post(VERIFY, &json!({"token": token})).await;
    assert_snapshot!(golden::render(&again), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "error": "Invalid or expired verification token"
    }
    "#);
    assert_eq!(golden::render(&form(&server, "/api/auth/verify-email", "token=garbage").await), golden::render(&again));
    assert_eq!(server.post(VERIFY, &json!({})).await.json(), json!({"token": ["This field is required."]}));
    assert_alive(&server, &session).await;
}

/// Asks for the link once more.
async fn resend(server: &TestServer, access: &str) -> Answer {
    server.outbox_is_empty().await;
    send(server, "POST", RESEND, access, &json!({})).await
}

async fn a_link_that_is_asked_for_again_takes_the_place_of_the_first(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let first = confirmation(&server).await;
    // Mails are named by the moment in which they were queued.
    server.clock.advance(Duration::from_secs(1));
    assert_snapshot!(golden::render(&resend(&server, &session.access).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "If this address is not verified yet, a verification link has been sent."
    }
    "#);
    let folder = server.data().folder().join("mail");
    let second = Mailbox(&folder).token("user@example.com", "verify-email", 2).await;
    assert_eq!(server.post(VERIFY, &json!({"token": first})).await.status, 400);
    assert_eq!(server.post(VERIFY, &json!({"token": second})).await.status, 200);
    assert_eq!(get(&server, PROFILE, &session.access).await.json()["is_verified"], true);
}

async fn nothing_is_mailed_to_an_address_that_is_confirmed(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let token = confirmation(&server).await;
    assert_eq!(server.post(VERIFY, &json!({"token": token})).await.status, 200);
    let answer = resend(&server, &session.access).await;
    let words = "If this address is not verified yet, a verification link has been sent.";
    assert_eq!((answer.status, answer.json()), (200, json!({"message": words})), "the same as before");
    // What is asked for after it is mailed after it.
    ask(&server, 1).await;
    let folder = server.data().folder().join("mail");
    assert_eq!(Mailbox(&folder).count("user@example.com"), 2, "one link of each kind");
}

async fn a_link_of_one_kind_is_none_of_the_other(storage: Storage) {
    let server = TestServer::on(storage).await;
    sign_up(&server, "user").await;
    let (reset, confirm) = (ask(&server, 1).await, confirmation(&server).await);
    assert_eq!(server.post(VERIFY, &json!({"token": reset})).await.status, 400);
    assert_eq!(spend(&server, &confirm).await.status, 400);
    assert_eq!(server.post(VERIFY, &json!({"token": confirm})).await.status, 200, "neither was spent");
    assert_eq!(spend(&server, &reset).await.status, 200);
}
