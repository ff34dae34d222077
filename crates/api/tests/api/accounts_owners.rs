//! The contract `accounts`: what owners do with their accounts.

use std::net::IpAddr;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use tessera_api::Services;
use tessera_domain::{Activity, ActivityEvent, ActivityId, Digest, OneTimeSecret, PasswordProblem, Timestamp, UserId};
use tessera_services::account::{
    ActivityListing, ActivityPageQuery, ChangePassword, ChangePasswordError, ConfirmEmailError, DeleteAccount,
    DeleteAccountError, FindProfileError, MockAccountService, ResetPassword, ResetPasswordError, UpdateProfile,
    UpdateProfileError,
};

use crate::support::{ana, bearer, caller, form, get, outage, pair, post, post_json, send, services, with_accounts};

const PROFILE: &str = "/api/auth/profile/";
const UPDATE: &str = "/api/auth/profile/update/";
const FORGOT: &str = "/api/auth/forgot-password/";
const RESET: &str = "/api/auth/reset-password/";
const CHANGE: &str = "/api/auth/change-password/";
const VERIFY: &str = "/api/auth/verify-email/";
const ACTIVITY: &str = "/api/auth/activity/";

const SECRET: [u8; 32] = [7; 32];
const CHANGED: &str =
    r#"{"current_password":"old one 17","new_password":"new one 17","new_password_confirm":"new one 18"}"#;

/// What a service says, and what is answered.
type Case<E> = (fn() -> E, u16, Value);

fn with(wire: impl FnOnce(&mut MockAccountService)) -> Services {
    let mut accounts = MockAccountService::new();
    wire(&mut accounts);
    with_accounts(accounts)
}

fn request(method: &str, path: &str, body: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    post_json(path, body).method(method).insert_header(bearer("good"))
}

fn profile() -> Value {
    json!({"id": "01010101-0101-0101-0101-010101010101", "email": "ana@example.com", "full_name": null,
        "username": "Ana", "is_verified": false, "created_at": "2024-01-01T00:00:00Z", "last_login": null})
}

fn token_not_valid() -> Value {
    let message =
        json!({"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid or expired"});
    json!({"detail": "Given token not valid for any token type", "code": "token_not_valid", "messages": [message]})
}

#[actix_web::test]
async fn what_is_protected_wants_a_bearer_that_counts() {
    for (method, path) in [
        ("GET", PROFILE),
        ("DELETE", PROFILE),
        ("PUT", UPDATE),
        ("PATCH", UPDATE),
        ("POST", CHANGE),
        ("POST", "/api/auth/logout/"),
        ("GET", ACTIVITY),
        ("GET", "/api/auth/activity"),
        ("PATCH", "/api/auth/profile/update"),
    ] {
        let method = || Method::from_bytes(method.as_bytes()).expect("a method");
        let none = send(&services(), get(path).method(method())).await;
        none.is(401, &json!({"detail": "Authentication credentials were not provided."}));
        assert_eq!(none.header("www-authenticate"), Some("Bearer"), "{path}");
        let bad = send(&services(), get(path).method(method()).insert_header(bearer("bad"))).await;
        bad.is(401, &token_not_valid());
        assert_eq!(bad.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{path}");
    }
}

#[actix_web::test]
async fn a_profile_is_shown_to_its_owner() {
    let found = || {
        with(|accounts| {
            accounts.expect_find_profile().withf(|who| *who == caller()).returning(|_| Ok(ana()));
        })
    };
    for path in [PROFILE, "/api/auth/profile"] {
        let answer = send(&found(), get(path).insert_header(bearer("good"))).await;
        answer.is(200, &profile());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let gone = with(|accounts| {
        accounts.expect_find_profile().returning(|_| Err(FindProfileError::Gone));
    });
    send(&gone, get(PROFILE).insert_header(bearer("good"))).await.is(401, &token_not_valid());
}

fn updates(expected: fn(&UpdateProfile) -> bool) -> Services {
    with(|accounts| {
        accounts.expect_update_profile().withf(expected).times(1).returning(|_| Ok(ana()));
    })
}

#[actix_web::test]
async fn any_part_of_a_profile_can_be_changed() {
    let expected = json!({"message": "Profile updated successfully", "user": profile()});
    let name = |update: &UpdateProfile| {
        update.caller == caller()
            && update.full_name.as_ref().is_some_and(|name| name.as_str() == "Ana López")
            && (&update.username, &update.email) == (&None, &None)
            && update.current_password.is_none()
    };
    for method in ["PUT", "PATCH"] {
        let answer = send(&updates(name), request(method, UPDATE, r#"{"full_name":"Ana López"}"#)).await;
        answer.is(200, &expected);
    }
    let all = |update: &UpdateProfile| {
        update.username.as_ref().is_some_and(|name| name.as_str() == "ana")
            && update.email.as_ref().is_some_and(|email| email.as_str() == "new@example.com")
            && update.current_password.as_ref().is_some_and(|password| password.expose() == "hunter two")
    };
    let body = "username=ana&email=New%40example.com&current_password=hunter+two&is_staff=true&is_verified=true";
    let encoded = form("/api/auth/profile/update", body).method(Method::PUT).insert_header(bearer("good"));
    send(&updates(all), encoded).await.is(200, &expected);
    let nothing = |update: &UpdateProfile| update.full_name.is_none() && update.email.is_none();
    send(&updates(nothing), request("PUT", UPDATE, "{}")).await.is(200, &expected);
    let odd = r#"{"full_name":null,"email":"x","username":"a b","current_password":""}"#;
    send(&services(), request("PATCH", UPDATE, odd)).await.is(400, &json!({
        "full_name": ["This field may not be null."],
        "email": ["Enter a valid email address."],
        "username": ["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."],
        "current_password": ["This field may not be blank."],
    }));
}

#[actix_web::test]
async fn a_profile_that_is_not_changed_says_why() {
    let refuses = |error: fn() -> UpdateProfileError| {
        with(|accounts| {
            accounts.expect_update_profile().returning(move |_| Err(error()));
        })
    };
    let cases: [Case<UpdateProfileError>; 5] = [
        (|| UpdateProfileError::PasswordMissing, 400, json!({"current_password": ["This field is required."]})),
        (|| UpdateProfileError::WrongPassword, 400, json!({"current_password": ["Current password is incorrect"]})),
        (
            || UpdateProfileError::Taken { email: true, username: true },
            400,
            json!({"email": ["User with this email already exists."],
                "username": ["User with this username already exists."]}),
        ),
        (|| UpdateProfileError::Gone, 401, token_not_valid()),
        (|| outage().into(), 503, json!({"detail": "The service is temporarily unavailable. Try again later."})),
    ];
    for (error, status, body) in cases {
        let answer = send(&refuses(error), request("PUT", UPDATE, r#"{"email":"new@example.com"}"#)).await;
        answer.is(status, &body);
    }
}

#[actix_web::test]
async fn a_link_is_promised_to_everybody_in_the_same_words() {
    let asked = || {
        with(|accounts| {
            let expect = accounts.expect_request_password_reset();
            expect.withf(|email, _| email.as_str() == "ana@example.com").times(1).returning(|_, _| Ok(()));
        })
    };
    let words = json!({"message": "If an account with this email exists, a password reset link has been sent."});
    let body = r#"{"email":"Ana@example.com"}"#;
    for request in
        [post_json(FORGOT, body), post_json("/api/auth/forgot-password", body), form(FORGOT, "email=ana@example.com")]
    {
        send(&asked(), request).await.is(200, &words);
    }
    let malformed = send(&services(), post_json(FORGOT, r#"{"email":"ana"}"#)).await;
    malformed.is(400, &json!({"email": ["Enter a valid email address."]}));
    send(&services(), post_json(FORGOT, "{}")).await.is(400, &json!({"email": ["This field is required."]}));
}

fn resets(expected: fn(&ResetPassword) -> bool) -> Services {
    with(|accounts| {
        accounts.expect_reset_password().withf(expected).times(1).returning(|_| Ok(()));
    })
}

fn reset(token: &str) -> String {
    json!({"token": token, "password": "new one 17", "password_confirm": "new one 18"}).to_string()
}

#[actix_web::test]
async fn a_reset_hands_its_token_and_both_passwords_to_the_service() {
    let token = OneTimeSecret::new(SECRET).reveal();
    let whole = |reset: &ResetPassword| {
        reset.secret.as_ref().is_some_and(|secret| secret.digest() == Digest::of(&SECRET))
            && (reset.new.password.expose(), reset.new.repeated.expose()) == ("new one 17", "new one 18")
    };
    let done = json!({"message": "Password reset successful"});
    for path in [RESET, "/api/auth/reset-password"] {
        send(&resets(whole), post_json(path, &reset(&token))).await.is(200, &done);
    }
    let encoded = format!("token={token}&password=new+one+17&password_confirm=new+one+18");
    send(&resets(whole), form(RESET, &encoded)).await.is(200, &done);
    // What can be no token is for the service to word, like any other that does not count.
    send(&resets(|reset| reset.secret.is_none()), post_json(RESET, &reset("garbage"))).await.is(200, &done);
    let required = ["This field is required."];
    let all = json!({"token": required, "password": required, "password_confirm": required});
    send(&services(), post_json(RESET, "{}")).await.is(400, &all);
    let blank = json!({"token": ["This field may not be blank."]});
    send(&services(), post_json(RESET, &reset(" "))).await.is(400, &blank);
}

#[actix_web::test]
async fn a_reset_that_is_refused_says_why() {
    let cases: [(fn() -> ResetPasswordError, Value); 3] = [
        (|| ResetPasswordError::InvalidLink, json!({"error": "Invalid or expired reset token"})),
        (|| ResetPasswordError::Differ, json!({"non_field_errors": ["Passwords don't match"]})),
        (
            || ResetPasswordError::Weak(vec![PasswordProblem::TooCommon]),
            json!({"password": ["This password is too common."]}),
        ),
    ];
    for (error, body) in cases {
        let services = with(|accounts| {
            accounts.expect_reset_password().returning(move |_| Err(error()));
        });
        send(&services, post_json(RESET, &reset("x"))).await.is(400, &body);
    }
}

#[actix_web::test]
async fn a_change_of_password_is_answered_with_tokens_to_go_on_with() {
    let whole = |change: &ChangePassword| {
        change.caller == caller()
            && change.current.expose() == "old one 17"
            && (change.new.password.expose(), change.new.repeated.expose()) == ("new one 17", "new one 18")
    };
    let changes = || {
        with(|accounts| {
            accounts.expect_change_password().withf(whole).times(1).returning(|_| Ok(pair()));
        })
    };
    let tokens = json!({"refresh": "new.refresh", "access": "new.access"});
    let expected = json!({"message": "Password changed successfully", "tokens": tokens});
    for path in [CHANGE, "/api/auth/change-password"] {
        let answer = send(&changes(), request("POST", path, CHANGED)).await;
        answer.is(200, &expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let required = ["This field is required."];
    let all = json!({"current_password": required, "new_password": required, "new_password_confirm": required});
    send(&services(), request("POST", CHANGE, "{}")).await.is(400, &all);
    let long = CHANGED.replace("old one 17", &"x".repeat(1_025));
    let words = json!({"current_password": ["Ensure this field has no more than 1024 bytes."]});
    send(&services(), request("POST", CHANGE, &long)).await.is(400, &words);
}

#[actix_web::test]
async fn a_change_of_password_that_is_refused_says_why() {
    let cases: [Case<ChangePasswordError>; 4] = [
        (|| ChangePasswordError::WrongPassword, 400, json!({"current_password": ["Current password is incorrect"]})),
        (|| ChangePasswordError::Differ, 400, json!({"non_field_errors": ["New passwords don't match"]})),
        (
            || ChangePasswordError::Weak(vec![PasswordProblem::TooShort { min: 8 }]),
            400,
            json!({"new_password": ["This password is too short. It must contain at least 8 characters."]}),
        ),
        (|| ChangePasswordError::Gone, 401, token_not_valid()),
    ];
    for (error, status, body) in cases {
        let services = with(|accounts| {
            accounts.expect_change_password().returning(move |_| Err(error()));
        });
        send(&services, request("POST", CHANGE, CHANGED)).await.is(status, &body);
    }
}

#[actix_web::test]
async fn an_account_is_deleted_by_the_leave_of_its_password() {
    let expected =
        |command: &DeleteAccount| command.caller == caller() && command.current_password.expose() == "old one 17";
    let as_form = |body: &'static str| form(PROFILE, body).method(Method::DELETE).insert_header(bearer("good"));
    for deletion in [
        request("DELETE", PROFILE, r#"{"current_password":"old one 17"}"#),
        request("DELETE", "/api/auth/profile", r#"{"password":"old one 17"}"#),
        as_form("current_password=old+one+17"),
    ] {
        let services = with(|accounts| {
            accounts.expect_delete_account().withf(expected).times(1).returning(|_| Ok(()));
        });
        send(&services, deletion).await.is(200, &json!({"message": "Account deleted successfully"}));
    }
    let required = json!({"current_password": ["This field is required."]});
    send(&services(), request("DELETE", PROFILE, "{}")).await.is(400, &required);
    let both = r#"{"current_password":"old one 17","password":"old one 17"}"#;
    send(&services(), request("DELETE", PROFILE, both))
        .await
        .is(400, &json!({"detail": "The request body is malformed."}));
}

#[actix_web::test]
async fn a_deletion_that_is_refused_says_why() {
    let cases: [Case<DeleteAccountError>; 3] = [
        (|| DeleteAccountError::WrongPassword, 400, json!({"current_password": ["Current password is incorrect"]})),
        (|| DeleteAccountError::LastSuperuser, 403, json!({"detail": "The last superuser cannot be deleted."})),
        (|| DeleteAccountError::Gone, 401, token_not_valid()),
    ];
    for (error, status, body) in cases {
        let services = with(|accounts| {
            accounts.expect_delete_account().returning(move |_| Err(error()));
        });
        send(&services, request("DELETE", PROFILE, r#"{"current_password":"old one 17"}"#)).await.is(status, &body);
    }
}

#[actix_web::test]
async fn an_address_is_confirmed_by_its_link() {
    let token = OneTimeSecret::new(SECRET).reveal();
    let body = json!({"token": token}).to_string();
    for request in
        [post_json(VERIFY, &body), post_json("/api/auth/verify-email", &body), form(VERIFY, &format!("token={token}"))]
    {
        let services = with(|accounts| {
            let expect = accounts.expect_confirm_email();
            expect
                .withf(|confirm| confirm.secret.as_ref().is_some_and(|secret| secret.digest() == Digest::of(&SECRET)))
                .times(1)
                .returning(|_| Ok(()));
        });
        send(&services, request).await.is(200, &json!({"message": "Email verified successfully"}));
    }
    let services_that_refuse = with(|accounts| {
        accounts.expect_confirm_email().returning(|_| Err(ConfirmEmailError::InvalidLink));
    });
    let invalid = send(&services_that_refuse, post_json(VERIFY, &body)).await;
    invalid.is(400, &json!({"error": "Invalid or expired verification token"}));
    send(&services(), post_json(VERIFY, "{}")).await.is(400, &json!({"token": ["This field is required."]}));
}

fn entry(number: u8, ip: Option<IpAddr>, user_agent: Option<&str>) -> Activity {
    Activity {
        id: ActivityId::from_bytes([number; 16]),
        user_id: UserId::from_bytes([1; 16]),
        event: ActivityEvent::LoginFailed,
        at: Timestamp::from_unix_seconds(1_704_067_200),
        ip,
        user_agent: user_agent.map(str::to_owned),
    }
}

fn lists(expected: ActivityPageQuery, next_before: Option<ActivityId>) -> Services {
    with(|accounts| {
        let expect = accounts.expect_list_activity();
        expect.withf(move |who, query| *who == caller() && *query == expected).times(1).returning(move |_, _| {
            let entries = vec![entry(9, Some([192, 0, 2, 1].into()), Some("curl/8")), entry(8, None, None)];
            Ok(ActivityListing { entries, next_before })
        });
    })
}

#[actix_web::test]
async fn the_activity_log_is_a_plain_list_with_pages() {
    let read = |path: &str| get(path).insert_header(bearer("good"));
    let first = send(&lists(ActivityPageQuery { before: None, limit: 100 }, None), read(ACTIVITY)).await;
    let expected = concat!(
        r#"[{"id":"09090909-0909-0909-0909-090909090909","event":"login_failed","at":"2024-01-01T00:00:00Z","#,
        r#""ip":"192.0.2.1","user_agent":"curl/8"},"#,
        r#"{"id":"08080808-0808-0808-0808-080808080808","event":"login_failed","at":"2024-01-01T00:00:00Z","#,
        r#""ip":null,"user_agent":null}]"#,
    );
    assert_eq!((first.status.as_u16(), first.body.as_str()), (200, expected));
    assert_eq!((first.header("link"), first.header("cache-control")), (None, Some("no-store")));

    let last = ActivityId::from_bytes([8; 16]);
    let page = lists(ActivityPageQuery { before: None, limit: 2 }, Some(last));
    let answer = send(&page, read("/api/auth/activity?limit=2")).await;
    let link = answer.header("link").expect("a link").to_owned();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a next page");
    let second = lists(ActivityPageQuery { before: Some(last), limit: 2 }, None);
    assert_eq!(send(&second, read(next)).await.status, 200);
    for query in ["limit=0", "limit=x", "cursor=x"] {
        assert_eq!(send(&services(), read(&format!("{ACTIVITY}?{query}"))).await.status, 400, "{query}");
    }
}

#[actix_web::test]
async fn a_refusal_of_the_framework_has_the_shape_of_the_contract() {
    send(&services(), get("/api/auth/nothing")).await.is(404, &json!({"detail": "Not found."}));
    let wrong = send(&services(), get(FORGOT)).await;
    wrong.is(405, &json!({"detail": "Method not allowed."}));
    assert_eq!(wrong.header("allow"), Some("POST"));
    assert_eq!(send(&services(), post(PROFILE)).await.header("allow"), Some("GET, HEAD, DELETE"));
    assert_eq!(send(&services(), get(UPDATE)).await.header("allow"), Some("PUT, PATCH"));
    send(&services(), post_json(RESET, "[")).await.is(400, &json!({"detail": "The request body is malformed."}));
    let text = post(FORGOT).insert_header(("Content-Type", "text/plain")).set_payload("email=a");
    assert_eq!(send(&services(), text).await.status, 415);
    let twice = form(FORGOT, "email=ana@example.com&email=eve@example.com");
    send(&services(), twice).await.is(400, &json!({"detail": "The request body is malformed."}));
}
