//! The wire types of `request_token`.

use serde::{Deserialize, Serialize};
use tessera_domain::{PlainPassword, TextRule};
use tessera_services::ClientInfo;
use tessera_services::orchestrator::DemonstrationRequest;
use utoipa::ToSchema;
use validator::Validate;

use crate::document::texts;
use crate::http::fields::{FieldErrors, Fields, Member, text};

/// As long as a name may be anywhere else.
const NAME: TextRule = TextRule { max_chars: 150 };

/// A name and its password.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(default)]
#[schema(as = request_token::RequestToken)]
pub struct RequestToken {
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::AnyName, required)]
    username: Member,
    #[validate(custom(function = "text"))]
    #[schema(value_type = texts::Password, required)]
    password: Member,
}

impl RequestToken {
    /// The name is kept as it was written, blanks included: the token shows it.
    pub fn into_request(self, client: ClientInfo) -> Result<DemonstrationRequest, FieldErrors> {
        let mut fields = Fields::of(&self);
        let username = fields.read("username", &self.username, |text| NAME.check(text).map(|()| text.to_owned()));
        let password = fields.read("password", &self.password, |text| PlainPassword::parse(text));
        match (username, password) {
            (Some(username), Some(password)) => {
                Ok(DemonstrationRequest { username, password: password.expose().into(), client })
            }
            _ => Err(fields.into_errors()),
        }
    }
}

/// The token.
#[derive(Serialize, ToSchema)]
#[schema(as = request_token::Issued)]
pub struct Issued<'a> {
    pub token: &'a str,
}
