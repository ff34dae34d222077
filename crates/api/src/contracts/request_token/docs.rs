//! What the API document says of `request_token`.

use serde_json::json;

use super::dto::{Issued, RequestToken};
use super::error::Detail;
use crate::document::Operation;

/// `POST /api/request-token/`
pub fn request_token() -> Operation {
    Operation::new("request_token", "Ask for a token of the demonstration")
        .about("The password is the username in capitals. The token opens nothing.")
        .limited()
        .takes_json_or_form::<RequestToken>(json!({"username": "user123", "password": "USER123"}))
        .answers::<Issued<'_>>(200, "The token.", json!({"token": "user123_1769860800"}))
        .answers::<Detail>(
            400,
            "A member is missing or blank.",
            json!({"detail": "Username and password are required."}),
        )
        .answers::<Detail>(
            400,
            "The password is right, and the name begins with a capital `A`.",
            json!({"detail": "Users starting with 'A' cannot be issued tokens"}),
        )
        .answers::<Detail>(401, "The password is wrong.", json!({"detail": "Invalid credentials"}))
}
