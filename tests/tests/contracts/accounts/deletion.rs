//! The end of an account, by its owner.

use serde_json::json;
use tessera_tests::{Answer, Storage, TestServer, assert_snapshot, eventually, golden, on_every_storage};

use super::{
    ACTIVITY, FORGOT, LOGIN, PASSWORD, PROFILE, RESET, Session, account, assert_alive, assert_dead, credentials, form,
    get, log_in, refresh, send, sign_up,
};

on_every_storage! {
    an_account_goes_with_everything_that_it_had
    the_address_is_free_again_and_old_tokens_stay_dead
    a_password_that_is_missing_or_wrong_deletes_nothing
    the_body_may_be_a_form
    another_instance_hears_of_a_deleted_account
    a_deletion_survives_a_restart
}

async fn delete(server: &TestServer, session: &Session, password: &str) -> Answer {
    send(server, "DELETE", PROFILE, &session.access, &json!({"current_password": password})).await
}

async fn an_account_goes_with_everything_that_it_had(storage: Storage) {
    let server = TestServer::on(storage).await;
    let sessions = [sign_up(&server, "user").await, log_in(&server, "user").await];
    let bystander = sign_up(&server, "eve").await;
    let created = send(&server, "POST", "/token/create", &sessions[1].access, &json!({})).await;
    assert_snapshot!(golden::render(&delete(&server, &sessions[0], PASSWORD).await), @r#"
    200
    cache-control: no-store
    content-type: application/json

    {
      "message": "Account deleted successfully"
    }
    "#);
    for session in &sessions {
        assert_dead(&server, session).await;
        assert_eq!(delete(&server, session, PASSWORD).await.status, 401);
    }
    assert_eq!(server.post(LOGIN, &credentials("user", PASSWORD)).await.status, 401);
    let token = json!({"token": created.json()["token"]});
    let spent = send(&server, "POST", "/token/validate", &bystander.access, &token).await;
    assert_eq!(spent.status, 401, "its one-time tokens are gone");
    let forgotten = server.post(FORGOT, &json!({"email": "user@example.com"})).await;
    assert_eq!(forgotten.status, 200, "as for every unknown address");
    assert_alive(&server, &bystander).await;
    assert_eq!(get(&server, ACTIVITY, &bystander.access).await.json()[0]["event"], "register");
}

async fn the_address_is_free_again_and_old_tokens_stay_dead(storage: Storage) {
    let server = TestServer::on(storage).await;
    let old = sign_up(&server, "user").await;
    let update = json!({"username": "ana"});
    let profile = send(&server, "PUT", super::UPDATE, &old.access, &update).await.json()["user"].clone();
    assert_eq!(delete(&server, &old, PASSWORD).await.status, 200);
    let registered = server.post(super::REGISTER, &account("user")).await;
    assert_eq!(registered.status, 201, "{}", registered.json());
    let new = Session::of(&registered);
    assert_ne!(registered.json()["user"]["id"], profile["id"]);
    assert_eq!(send(&server, "PUT", super::UPDATE, &new.access, &update).await.status, 200, "the name is free too");
    assert_dead(&server, &old).await;
    let spent = json!({"token": "spent", "password": PASSWORD, "password_confirm": PASSWORD});
    assert_eq!(server.post(RESET, &spent).await.status, 400);
    assert_alive(&server, &new).await;
    let log = get(&server, ACTIVITY, &new.access).await.json();
    assert_eq!(log.as_array().map(Vec::len), Some(2), "nothing of the old one: {log}");
}

async fn a_password_that_is_missing_or_wrong_deletes_nothing(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    assert_snapshot!(golden::render(&delete(&server, &session, "SecurePass124!").await), @r#"
    400
    cache-control: no-store
    content-type: application/json

    {
      "current_password": [
        "Current password is incorrect"
      ]
    }
    "#);
    let bearer = format!("Bearer {}", session.access);
    let required = json!({"current_password": ["This field is required."]});
    let none = server.send("DELETE", PROFILE, &[("authorization", &bearer)], "").await;
    assert_eq!((none.status, none.json()), (400, required.clone()));
    for (body, words) in [
        (json!({}), required),
        (json!({"current_password": null}), json!({"current_password": ["This field may not be null."]})),
        (json!({"current_password": " "}), json!({"current_password": ["This field may not be blank."]})),
        (json!({"current_password": 7}), json!({"current_password": ["Not a valid string."]})),
        (json!([PASSWORD]), json!({"detail": "The request body is malformed."})),
    ] {
        let answer = send(&server, "DELETE", PROFILE, &session.access, &body).await;
        assert_eq!((answer.status, answer.json()), (400, words), "{body}");
    }
    assert_alive(&server, &session).await;
}

async fn the_body_may_be_a_form(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let bearer = format!("Bearer {}", session.access);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let answer = server.send("DELETE", "/api/auth/profile", &headers, "password=SecurePass123%21").await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(form(&server, LOGIN, "email=user@example.com&password=SecurePass123%21").await.status, 401);
}

async fn another_instance_hears_of_a_deleted_account(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    let other = server.another_instance().await;
    assert_alive(&other, &session).await;
    assert_eq!(delete(&server, &session, PASSWORD).await.status, 200);
    assert_eq!(refresh(&other, &session.refresh).await.status, 401);
    assert_eq!(other.post(LOGIN, &credentials("user", PASSWORD)).await.status, 401);
    let refused = async || (get(&other, PROFILE, &session.access).await.status == 401).then_some(());
    eventually("the access token is refused", refused).await;
}

async fn a_deletion_survives_a_restart(storage: Storage) {
    let server = TestServer::on(storage).await;
    let session = sign_up(&server, "user").await;
    assert_eq!(delete(&server, &session, PASSWORD).await.status, 200);
    let server = server.restart().await;
    assert_dead(&server, &session).await;
    assert_eq!(server.post(LOGIN, &credentials("user", PASSWORD)).await.status, 401);
}
