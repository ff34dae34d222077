//! Changing a password, and getting back in without one.

use serde::Deserialize;
use tessera_domain::{Email, PlainPassword};
use tessera_services::ClientInfo;
use tessera_services::account::{ChangePassword, NewPassword, ResetPassword};
use tessera_services::tokens::Caller;
use utoipa::ToSchema;
use validator::Validate;

use super::secret;
use crate::document::texts;
use crate::http::fields::{FieldErrors, Fields, Member, text};

/// A change of password.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::ChangePasswordBody)]
pub struct ChangePasswordBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    current_password: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    new_password: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    new_password_confirm: Member,
}

impl ChangePasswordBody {
    pub fn into_command(self, caller: Caller, client: ClientInfo) -> Result<ChangePassword, FieldErrors> {
        let mut fields = Fields::of(&self);
        let current = fields.read("current_password", &self.current_password, |text| PlainPassword::parse(text));
        let password = fields.read("new_password", &self.new_password, |text| PlainPassword::parse(text));
        let repeated =
            fields.read("new_password_confirm", &self.new_password_confirm, |text| PlainPassword::parse(text));
        match (current, password, repeated) {
            (Some(current), Some(password), Some(repeated)) => {
                Ok(ChangePassword { caller, current, new: NewPassword { password, repeated }, client })
            }
            _ => Err(fields.into_errors()),
        }
    }
}

/// A password that was forgotten.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::ForgotPasswordBody)]
pub struct ForgotPasswordBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    email: Member,
}

impl ForgotPasswordBody {
    pub fn into_email(self) -> Result<Email, FieldErrors> {
        let mut fields = Fields::of(&self);
        let email = fields.read("email", &self.email, Email::parse);
        email.ok_or_else(|| fields.into_errors())
    }
}

/// A new password, by the leave of a link.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::ResetPasswordBody)]
pub struct ResetPasswordBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::OneTimeToken, required)]
    token: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password_confirm: Member,
}

impl ResetPasswordBody {
    pub fn into_command(self, client: ClientInfo) -> Result<ResetPassword, FieldErrors> {
        let mut fields = Fields::of(&self);
        let secret = fields.read("token", &self.token, secret);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        let repeated = fields.read("password_confirm", &self.password_confirm, |text| PlainPassword::parse(text));
        match (secret, password, repeated) {
            (Some(secret), Some(password), Some(repeated)) => {
                Ok(ResetPassword { secret, new: NewPassword { password, repeated }, client })
            }
            _ => Err(fields.into_errors()),
        }
    }
}
