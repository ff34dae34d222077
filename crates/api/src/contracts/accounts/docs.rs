//! What the API document says of `accounts`.

use serde_json::{Value, json};

use super::dto::{
    Access, ChangePasswordBody, DeleteProfileBody, EndedSessions, Entry, ForgotPasswordBody, LogInBody, LogOutBody,
    Message, OpenSession, Profile, RefreshBody, RegisterBody, ResetPasswordBody, UpdateProfileBody, VerifyEmailBody,
    WithProfile, WithSession, WithTokens,
};
use super::error::{CurrentPassword, Detail, Error, NonField};
use crate::document::Operation;
use crate::document::examples::{ACCESS, ID, MOMENT, REFRESH, SECRET};
use crate::http::django_words::FieldMap;

/// `POST /api/auth/register/`
pub fn register() -> Operation {
    Operation::new("accounts_register", "Make an account, and log in")
        .limited()
        .gives_bearer("/tokens/access")
        .takes_json_or_form::<RegisterBody>(json!({
            "email": "ana@example.com", "full_name": "Ana Sol",
            "password": "SecurePass123!", "password_confirm": "SecurePass123!"
        }))
        .answers::<WithSession<'_>>(
            201,
            "The account, and the tokens of its first session.",
            json!({"message": "User registered successfully", "user": profile_example(), "tokens": tokens_example()}),
        )
        .answers::<FieldMap<'_>>(
            400,
            "A member is missing, malformed, weak or taken.",
            json!({"email": ["User with this email already exists."]}),
        )
        .answers::<NonField>(400, "The passwords differ.", non_field("Passwords don't match"))
        .answers::<NonField>(
            401,
            "The account was disabled in the moment in which it was made.",
            non_field("Invalid email or password"),
        )
}

/// `POST /api/auth/login/`
pub fn log_in() -> Operation {
    Operation::new("accounts_login", "Log in")
        .limited()
        .gives_bearer("/tokens/access")
        .takes_json_or_form::<LogInBody>(json!({"email": "ana@example.com", "password": "SecurePass123!"}))
        .answers::<WithSession<'_>>(
            200,
            "The account, and the tokens of its new session.",
            json!({"message": "Login successful", "user": profile_example(), "tokens": tokens_example()}),
        )
        .answers::<FieldMap<'_>>(400, MALFORMED, json!({"password": ["This field is required."]}))
        .answers::<NonField>(
            401,
            "There is no such account, or its password is another.",
            non_field("Invalid email or password"),
        )
}

/// `POST /api/auth/refresh/`
pub fn refresh() -> Operation {
    Operation::new("accounts_refresh", "Get a new access token")
        .about("The refresh token stays good.")
        .limited()
        .gives_bearer("/access")
        .takes_json_or_form::<RefreshBody>(json!({"refresh": REFRESH}))
        .answers::<Access<'_>>(200, "The access token.", json!({"access": ACCESS}))
        .answers::<Error>(400, "There is no refresh token.", json!({"error": "Refresh token is required"}))
        .answers::<Error>(401, "It is none, or revoked.", json!({"error": "Invalid refresh token"}))
}

/// `POST /api/auth/logout/`
pub fn log_out() -> Operation {
    Operation::new("accounts_logout", "Log out")
        .about("Ends the session of the access token, and that of the refresh token, if there is one.")
        .takes_json_or_form::<LogOutBody>(json!({"refresh": REFRESH}))
        .or_nothing()
        .answers::<Message>(200, "The session is over.", json!({"message": "Logout successful"}))
        .answers::<Error>(400, "The refresh token is none, or another account's.", json!({"error": "Invalid token"}))
}

/// `GET /api/auth/profile/`
pub fn profile() -> Operation {
    Operation::new("accounts_profile", "Read the own profile").answers::<Profile<'_>>(
        200,
        "The account.",
        profile_example(),
    )
}

/// `DELETE /api/auth/profile/`
pub fn delete_profile() -> Operation {
    Operation::new("accounts_delete_profile", "Delete the own account")
        .about("Everything of it goes with it. The address and the username are free again.")
        .limited()
        .takes_json_or_form::<DeleteProfileBody>(json!({"current_password": "SecurePass123!"}))
        .answers::<Message>(200, "The account is gone.", json!({"message": "Account deleted successfully"}))
        .answers::<FieldMap<'_>>(400, MALFORMED, json!({"current_password": ["This field is required."]}))
        .answers::<CurrentPassword>(400, "The password is wrong.", wrong_password())
        .answers::<Detail>(
            403,
            "It is the last superuser's.",
            json!({"detail": "The last superuser cannot be deleted."}),
        )
}

/// `PUT /api/auth/profile/update/`
pub fn replace_profile() -> Operation {
    updating("accounts_replace_profile")
}

/// `PATCH /api/auth/profile/update/`
pub fn update_profile() -> Operation {
    updating("accounts_update_profile")
}

fn updating(id: &'static str) -> Operation {
    Operation::new(id, "Change the own profile")
        .about("What is left out stays. A new address is unverified until it is confirmed; the old one is told.")
        .limited()
        .takes_json_or_form::<UpdateProfileBody>(json!({"full_name": "Ana Sol"}))
        .answers::<WithProfile<'_>>(
            200,
            "The account, as it is now.",
            json!({"message": "Profile updated successfully", "user": profile_example()}),
        )
        .answers::<FieldMap<'_>>(
            400,
            "A member is malformed or taken, or a new address comes without the password.",
            json!({"current_password": ["This field is required."]}),
        )
        .answers::<CurrentPassword>(400, "The password is wrong.", wrong_password())
}

/// `POST /api/auth/forgot-password/`
pub fn forgot_password() -> Operation {
    Operation::new("accounts_forgot_password", "Ask for a link to choose a new password with")
        .about("The answer is the same whether there is such an account or not.")
        .limited()
        .takes_json_or_form::<ForgotPasswordBody>(json!({"email": "ana@example.com"}))
        .answers::<Message>(
            200,
            "If there is such an account, the mail is on its way.",
            json!({"message": "If an account with this email exists, a password reset link has been sent."}),
        )
        .answers::<FieldMap<'_>>(400, MALFORMED, json!({"email": ["Enter a valid email address."]}))
}

/// `POST /api/auth/reset-password/`
pub fn reset_password() -> Operation {
    Operation::new("accounts_reset_password", "Choose a new password, with a link")
        .about("The link works once. Every session of the account ends.")
        .limited()
        .takes_json_or_form::<ResetPasswordBody>(
            json!({"token": SECRET, "password": "NewSecurePass456!", "password_confirm": "NewSecurePass456!"}),
        )
        .answers::<Message>(200, "It is the password now.", json!({"message": "Password reset successful"}))
        .answers::<FieldMap<'_>>(400, WEAK, json!({"password": ["This password is too common."]}))
        .answers::<NonField>(400, "The passwords differ.", non_field("Passwords don't match"))
        .answers::<Error>(
            400,
            "The link was used, has expired, or never was one.",
            json!({"error": "Invalid or expired reset token"}),
        )
}

/// `POST /api/auth/change-password/`
pub fn change_password() -> Operation {
    Operation::new("accounts_change_password", "Change the own password")
        .about("Every other session ends. The caller goes on with the tokens of the answer.")
        .limited()
        .gives_bearer("/tokens/access")
        .takes_json_or_form::<ChangePasswordBody>(json!({
            "current_password": "SecurePass123!",
            "new_password": "NewSecurePass456!", "new_password_confirm": "NewSecurePass456!"
        }))
        .answers::<WithTokens<'_>>(
            200,
            "It is the password now.",
            json!({"message": "Password changed successfully", "tokens": tokens_example()}),
        )
        .answers::<FieldMap<'_>>(400, WEAK, json!({"new_password": ["This password is too common."]}))
        .answers::<NonField>(400, "The new passwords differ.", non_field("New passwords don't match"))
        .answers::<CurrentPassword>(400, "The password is wrong.", wrong_password())
}

/// `POST /api/auth/verify-email/`
pub fn verify_email() -> Operation {
    Operation::new("accounts_verify_email", "Confirm an address, with a link")
        .limited()
        .takes_json_or_form::<VerifyEmailBody>(json!({"token": SECRET}))
        .answers::<Message>(200, "The address is confirmed.", json!({"message": "Email verified successfully"}))
        .answers::<FieldMap<'_>>(400, MALFORMED, json!({"token": ["This field is required."]}))
        .answers::<Error>(
            400,
            "The link was used, has expired, or never was one.",
            json!({"error": "Invalid or expired verification token"}),
        )
}

/// `POST /api/auth/verify-email/resend/`
pub fn resend_verification() -> Operation {
    Operation::new("accounts_resend_verification", "Have the link that confirms the own address mailed again")
        .limited()
        .answers::<Message>(
            200,
            "If the address is not confirmed yet, the mail is on its way.",
            json!({"message": "If this address is not verified yet, a verification link has been sent."}),
        )
}

/// `GET /api/auth/sessions/`
pub fn sessions() -> Operation {
    Operation::new("accounts_sessions", "Read where the own account is logged in, latest login first")
        .in_pages()
        .answers_list_of::<OpenSession<'_>>(
            "The sessions of the page.",
            json!([{
                "id": ID, "device": "Firefox on Linux", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)",
                "ip": "203.0.113.7", "created_at": MOMENT, "last_used_at": MOMENT, "current": true
            }]),
        )
        .answers::<FieldMap<'_>>(400, "A parameter is malformed.", json!({"cursor": ["Invalid cursor"]}))
}

/// `DELETE /api/auth/sessions/`
pub fn end_other_sessions() -> Operation {
    Operation::new("accounts_end_other_sessions", "Log out everywhere else").answers::<EndedSessions>(
        200,
        "How many sessions ended.",
        json!({"message": "Other sessions ended successfully", "ended": 2}),
    )
}

/// `DELETE /api/auth/sessions/{id}/`
pub fn end_session() -> Operation {
    Operation::new("accounts_end_session", "Log out somewhere")
        .takes_id("id", "The session's.")
        .answers::<Message>(200, "The session is over.", json!({"message": "Session ended successfully"}))
        .answers::<Detail>(404, "There is no such session of the caller.", json!({"detail": "Not found."}))
}

/// `GET /api/auth/activity/`
pub fn activity() -> Operation {
    Operation::new("accounts_activity", "Read what happened to the own account, newest first")
        .in_pages()
        .answers_list_of::<Entry<'_>>(
            "The entries of the page.",
            json!([{"id": ID, "event": "login", "at": MOMENT, "ip": "203.0.113.7", "user_agent": "curl/8.7.1"}]),
        )
        .answers::<FieldMap<'_>>(400, "A parameter is malformed.", json!({"cursor": ["Invalid cursor"]}))
}

const MALFORMED: &str = "A member is missing or malformed.";
const WEAK: &str = "A member is missing, malformed or weak.";

fn profile_example() -> Value {
    json!({
        "id": ID, "email": "ana@example.com", "full_name": "Ana Sol", "username": null,
        "is_verified": false, "created_at": MOMENT, "last_login": MOMENT
    })
}

fn tokens_example() -> Value {
    json!({"refresh": REFRESH, "access": ACCESS})
}

fn non_field(words: &str) -> Value {
    json!({"non_field_errors": [words]})
}

fn wrong_password() -> Value {
    json!({"current_password": ["Current password is incorrect"]})
}
