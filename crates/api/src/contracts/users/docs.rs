//! What the API document says of `users`.

use serde_json::{Value, json};

use super::dto::{CreateUser, Created, Listed, LogIn, LogInByEitherName, LogOut, LoggedIn, Tokens};
use super::error::Message;
use crate::document::Operation;
use crate::document::examples::{ACCESS, ID, MOMENT, REFRESH};
use crate::http::django_words::FieldMap;

/// `GET /api/v1/users`
pub fn list() -> Operation {
    Operation::new("users_list", "List the accounts")
        .about("A bearer of staff sees the addresses, too. `USERS_LIST` says who may see the list at all.")
        .in_pages()
        .answers_list_of::<Listed<'_>>(
            "The accounts of the page.",
            json!([{"id": ID, "username": "testuser", "date_joined": MOMENT}]),
        )
        .answers::<FieldMap<'_>>(400, "A parameter is malformed.", json!({"cursor": ["Invalid cursor"]}))
        .answers::<Message>(401, "The list is not public.", json!({"message": "Invalid authorization header"}))
        .answers::<Message>(
            403,
            "The list is for staff.",
            json!({"message": "You do not have permission to perform this action."}),
        )
}

/// `POST /api/v1/user/create`
pub fn create() -> Operation {
    creating("users_create", "Make an account")
}

/// `POST /api/account/create/`
pub fn create_account() -> Operation {
    creating("users_create_account", "Make an account").about("Another name of `/api/v1/user/create`.")
}

fn creating(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .limited()
        .takes_json::<CreateUser>(
            json!({"username": "testuser", "email": "test@example.com", "password": "securepassword123"}),
        )
        .answers::<Created<'_>>(
            201,
            "The account.",
            json!({"id": ID, "username": "testuser", "email": "test@example.com", "date_joined": MOMENT}),
        )
        .answers::<FieldMap<'_>>(
            400,
            "A member is missing, malformed, weak or taken.",
            json!({"email": ["User with this email already exists."]}),
        )
}

/// `POST /api/v1/user/login`
pub fn log_in() -> Operation {
    logging_in("users_login", "Log in")
        .takes_json::<LogIn>(json!({"email": "test@example.com", "password": "securepassword123"}))
}

/// `POST /api/login/`
pub fn log_in_by_either_name() -> Operation {
    logging_in("users_login_by_either_name", "Log in by address or username")
        .about("Where both are given, the address counts.")
        .takes_json::<LogInByEitherName>(json!({"username": "testuser", "password": "securepassword123"}))
}

fn logging_in(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .limited()
        .gives_bearer("/access_token")
        .answers::<LoggedIn<'_>>(
            200,
            "The account, and the tokens of its new session.",
            json!({
                "message": "Login successful", "access_token": ACCESS, "refresh_token": REFRESH,
                "user": {"id": ID, "username": "testuser", "email": "test@example.com"}
            }),
        )
        .answers::<FieldMap<'_>>(
            400,
            "A member is missing or malformed.",
            json!({"password": ["This field is required."]}),
        )
        .answers::<Message>(
            401,
            "There is no such account, or its password is another.",
            said("Invalid email or password"),
        )
}

/// `POST /api/v1/user/refresh`
pub fn refresh() -> Operation {
    Operation::new("users_refresh", "Get a new pair of tokens")
        .about("The refresh token is spent. One that is spent and comes back ends its session.")
        .limited()
        .gives_bearer("/access_token")
        .needs_header("X-Refresh-Token", "The refresh token.")
        .answers::<Tokens<'_>>(200, "The new pair.", json!({"access_token": ACCESS, "refresh_token": REFRESH}))
        .answers::<Message>(400, "The header is missing.", said("Invalid refresh header"))
        .answers::<Message>(401, "It holds no refresh token, or an expired one.", said("Invalid refresh token"))
        .answers::<Message>(401, "The refresh token is spent or revoked.", said("Refresh token has been revoked"))
}

/// `POST /api/v1/user/logout`
pub fn log_out() -> Operation {
    Operation::new("users_logout", "Log out")
        .about("Ends the session, with its access tokens. Header and body hold the same refresh token.")
        .needs_header("X-Refresh-Token", "The refresh token.")
        .takes_json::<LogOut>(json!({"refresh_token": REFRESH}))
        .or_nothing()
        .answers::<Message>(200, "The session is over.", said("Logout successful"))
        .answers::<Message>(400, "Header or body is missing, or they differ.", said("Invalid refresh header"))
        .answers::<Message>(
            400,
            "The refresh token is another account's.",
            said("Access and refresh token do not belong to the same user"),
        )
        .answers::<Message>(401, "The refresh token is none.", said("Invalid refresh token"))
}

fn said(words: &str) -> Value {
    json!({"message": words})
}
