//! What the API document says of `user_tokens`.

use serde_json::json;

use super::dto::{GenTokens, Invalidated, Minted, PresentedAccess, Refresh, Refreshed, Validated};
use super::error::ErrorBody;
use crate::document::Operation;
use crate::document::examples::{ACCESS, REFRESH};

/// `POST /auth/token/gen-tokens/`
pub fn gen_tokens() -> Operation {
    Operation::new("user_tokens_gen_tokens", "Make a pair of tokens for a user of another service")
        .about("An earlier pair of that user is dead from then on.")
        .takes_json_or_form::<GenTokens>(json!({"id": 1, "username": "bob"}))
        .or_nothing()
        .answers::<Minted<'_>>(
            201,
            "The pair, with the id in the type in which it came.",
            json!({"id": 1, "refresh": REFRESH, "access": ACCESS}),
        )
        .answers::<ErrorBody>(400, "A member is missing.", json!({"error": "Username and id are required"}))
        .answers::<ErrorBody>(
            409,
            "The id is known under another username, or the username under another id.",
            json!({"error": "This username belongs to another id"}),
        )
}

/// `POST /auth/token/refresh/`
pub fn refresh() -> Operation {
    Operation::new("user_tokens_refresh", "Get a new access token")
        .about("The refresh token stays good; the earlier access token does not. It may stand in the body, too.")
        .takes_refresh_bearer()
        .takes_json_or_form::<Refresh>(json!({"id": 1, "refresh": REFRESH}))
        .or_nothing()
        .answers::<Refreshed<'_>>(200, "The access token.", json!({"access": ACCESS}))
        .answers::<ErrorBody>(400, "There is no refresh token.", json!({"error": "Refresh token is required"}))
        .answers::<ErrorBody>(400, "There is no id.", json!({"error": "User id is required"}))
        .answers::<ErrorBody>(
            401,
            "The refresh token is expired.",
            json!({"error": "User session has expired, You must login again"}),
        )
        .answers::<ErrorBody>(
            401,
            "It is none.",
            json!({"error": "Could not generate access token", "details": "Token is invalid"}),
        )
        .answers::<ErrorBody>(401, "It is another user's, or not the latest.", json!({"error": "token mismatch"}))
        .answers::<ErrorBody>(404, "Nobody with this id has a pair.", json!({"error": "User not found"}))
}

/// `POST /auth/token/validate-token/`
pub fn validate_token() -> Operation {
    presenting("user_tokens_validate_token", "Ask whether an access token counts").answers::<Validated>(
        200,
        "It does.",
        json!({"access_token": "Valid token"}),
    )
}

/// `POST /auth/token/invalidate-tokens/`
pub fn invalidate_tokens() -> Operation {
    presenting("user_tokens_invalidate_tokens", "End a pair of tokens")
        .about("Nothing ends with a token of another user.")
        .answers::<Invalidated>(200, "The pair is ended.", json!({"detail": "User logged out"}))
        .answers::<ErrorBody>(401, "There is no pair any longer.", json!({"error": "User has not logged in yet"}))
}

fn presenting(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .takes_json_or_form::<PresentedAccess>(json!({"id": 1, "access": ACCESS, "is_frontend": true}))
        .or_nothing()
        .answers::<ErrorBody>(400, "A member is missing.", json!({"error": "Access token and id are required"}))
        .answers::<ErrorBody>(401, "The token is none, or expired.", json!({"error": "Invalid or expired token"}))
        .answers::<ErrorBody>(401, "It is another user's, or not the latest.", json!({"error": "token mismatch"}))
}
