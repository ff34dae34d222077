//! What the API document says of `one_time_tokens`.

use serde_json::{Value, json};

use super::dto::{Created, LogIn, LoggedIn, Message, Register, Registered, ValidateToken};
use super::error::Detail;
use super::unprocessable::Unprocessable;
use crate::document::Operation;
use crate::document::examples::{ACCESS, ID, SECRET};

/// `POST /auth/register`
pub fn register() -> Operation {
    Operation::new("one_time_tokens_register", "Make an account")
        .limited()
        .takes_json::<Register>(
            json!({"nombre": "Luz Marín", "correo": "luz@example.com", "password": "securepassword123"}),
        )
        .answers::<Registered<'_>>(
            201,
            "The account.",
            json!({"id": ID, "nombre": "Luz Marín", "correo": "luz@example.com", "is_active": true}),
        )
        .answers::<Detail>(400, "The address is another account's.", json!({"detail": "El correo ya está registrado"}))
        .answers::<Unprocessable>(422, MALFORMED, missing("password", &json!({"correo": "luz@example.com"})))
}

/// `POST /auth/login`
pub fn log_in() -> Operation {
    Operation::new("one_time_tokens_login", "Log in")
        .limited()
        .gives_bearer("/access_token")
        .takes_json::<LogIn>(json!({"correo": "luz@example.com", "password": "securepassword123"}))
        .answers::<LoggedIn<'_>>(
            200,
            "The access token, and for how many seconds it is good.",
            json!({"access_token": ACCESS, "token_type": "bearer", "expires_in": 900}),
        )
        .answers::<Detail>(
            401,
            "There is no such account, or its password is another.",
            json!({"detail": "Credenciales incorrectas"}),
        )
        .answers::<Unprocessable>(422, MALFORMED, missing("password", &json!({"correo": "luz@example.com"})))
}

/// `POST /token/create`
pub fn create() -> Operation {
    Operation::new("one_time_tokens_create", "Make a one-time token").answers::<Created>(
        201,
        "The token, and for how many seconds it can be spent.",
        json!({"token": SECRET, "expires_in": 10}),
    )
}

/// `POST /token/validate`
pub fn validate() -> Operation {
    Operation::new("one_time_tokens_validate", "Spend a one-time token")
        .about("Of any number of calls with one token exactly one succeeds. Any account may spend it.")
        .limited()
        .takes_json::<ValidateToken>(json!({"token": SECRET}))
        .answers::<Message>(200, "It was good, and is spent now.", json!({"message": "Token válido y ahora consumido"}))
        .answers::<Detail>(401, "It is spent, expired or unknown.", json!({"detail": "Token inválido o ya utilizado"}))
        .answers::<Unprocessable>(422, MALFORMED, missing("token", &json!({})))
}

const MALFORMED: &str = "A member is missing, malformed or weak.";

fn missing(member: &str, input: &Value) -> Value {
    json!({"detail": [{"type": "missing", "loc": ["body", member], "msg": "Field required", "input": input}]})
}
