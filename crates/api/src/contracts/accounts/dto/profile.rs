//! Making an account, changing what it says, confirming its address. Whatever else a body asks for, privileges for
//! example, is not even read (requirement A6).

use serde::Deserialize;
use tessera_domain::{Email, FullName, PlainPassword, Privileges, Username};
use tessera_services::ClientInfo;
use tessera_services::account::{ConfirmEmail, DeleteAccount, SignUpError, UpdateProfile};
use tessera_services::auth::{RegisterError, RegisterUser};
use tessera_services::tokens::Caller;
use utoipa::ToSchema;
use validator::Validate;

use super::secret;
use crate::contracts::accounts::error::AccountsRefused;
use crate::document::texts;
use crate::http::body::JsonOrForm;
use crate::http::fields::{FieldErrors, Fields, Member, optional_text, text};

/// A new account.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::RegisterBody)]
pub struct RegisterBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Address, required)]
    email: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::FullName, required)]
    full_name: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::NewPassword, required)]
    password_confirm: Member,
}

impl RegisterBody {
    pub fn into_command(self, client: ClientInfo) -> Result<RegisterUser, AccountsRefused> {
        let mut fields = Fields::of(&self);
        let email = fields.read("email", &self.email, Email::parse);
        let full_name = fields.read("full_name", &self.full_name, FullName::parse);
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        let repeated = fields.read("password_confirm", &self.password_confirm, |text| PlainPassword::parse(text));
        let (Some(email), Some(full_name), Some(password), Some(repeated)) = (email, full_name, password, repeated)
        else {
            return Err(fields.into_errors().into());
        };
        let differ = password.expose() != repeated.expose();
        let (full_name, privileges) = (Some(full_name), Privileges::None);
        let command = RegisterUser { email, username: None, full_name, password, privileges, client };
        if differ { Err(differing(&command)) } else { Ok(command) }
    }
}

/// What is wrong with the password itself is told before what is wrong between the two.
fn differing(command: &RegisterUser) -> AccountsRefused {
    let problems = command.password_problems();
    if problems.is_empty() {
        AccountsRefused::PasswordsDiffer
    } else {
        SignUpError::from(RegisterError::WeakPassword(problems)).into()
    }
}

/// A change of profile.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::UpdateProfileBody, description = "What to change. A new address needs the password beside it.")]
pub struct UpdateProfileBody {
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::FullName)]
    full_name: Member,
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::Address)]
    email: Member,
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::Username)]
    username: Member,
    #[validate(custom(function = "optional_text"))]
    #[schema(value_type = texts::Password)]
    current_password: Member,
}

impl UpdateProfileBody {
    pub fn into_command(self, caller: Caller, client: ClientInfo) -> Result<UpdateProfile, FieldErrors> {
        let mut fields = Fields::of(&self);
        let full_name = fields.read_if_there("full_name", &self.full_name, FullName::parse);
        let email = fields.read_if_there("email", &self.email, Email::parse);
        let username = fields.read_if_there("username", &self.username, Username::parse);
        let current_password =
            fields.read_if_there("current_password", &self.current_password, |text| PlainPassword::parse(text));
        fields.finish()?;
        Ok(UpdateProfile { caller, full_name, username, email, current_password, client })
    }
}

/// The end of an account.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::DeleteProfileBody)]
pub struct DeleteProfileBody {
    #[serde(alias = "password")]
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    current_password: Member,
}

impl DeleteProfileBody {
    /// Without a body there is no password in it.
    pub fn into_command(
        body: Option<JsonOrForm<Self>>,
        caller: Caller,
        client: ClientInfo,
    ) -> Result<DeleteAccount, FieldErrors> {
        let JsonOrForm(body) = body.unwrap_or_default();
        let mut fields = Fields::of(&body);
        let password = fields.read("current_password", &body.current_password, |text| PlainPassword::parse(text));
        let current_password = password.ok_or_else(|| fields.into_errors())?;
        Ok(DeleteAccount { caller, current_password, client })
    }
}

/// A link that was mailed to an address.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = accounts::VerifyEmailBody)]
pub struct VerifyEmailBody {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::OneTimeToken, required)]
    token: Member,
}

impl VerifyEmailBody {
    pub fn into_command(self, client: ClientInfo) -> Result<ConfirmEmail, FieldErrors> {
        let mut fields = Fields::of(&self);
        let secret = fields.read("token", &self.token, secret);
        let secret = secret.ok_or_else(|| fields.into_errors())?;
        Ok(ConfirmEmail { secret, client })
    }
}
