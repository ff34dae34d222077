//! The wire types of `user_tokens`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tessera_domain::{AccessToken, ExternalId, ExternalUsername, RefreshToken, TokenPair};
use tessera_services::user_tokens::MintTokens;
use utoipa::ToSchema;

use super::bearer::BearerRefresh;
use super::error::{BodyRefused, Required};
use super::members::{Unusable, WireId, id, is_true, text};
use crate::document::texts;
use crate::http::fields::Member;
use crate::http::service_caller::ServiceCaller;

/// Whom to make a pair for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = user_tokens::GenTokens)]
pub struct GenTokens {
    #[schema(value_type = WireId<'_>, required)]
    id: Value,
    #[schema(value_type = texts::AnyName, required)]
    username: Member,
}

impl GenTokens {
    pub fn into_command(self) -> Result<MintTokens, BodyRefused> {
        let needed = |unusable| BodyRefused::of(unusable, Required::UsernameAndId);
        let (id, username) = (id(&self.id).map_err(needed)?, text(self.username).map_err(needed)?);
        let username = ExternalUsername::parse(&username).map_err(|invalid| needed(Unusable::from(invalid)))?;
        Ok(MintTokens { id, username })
    }
}

/// A refresh token, if it is not in the header, and whose it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = user_tokens::Refresh, description = "Whose token it is, and the token, if it is not in the header.")]
pub struct Refresh {
    #[schema(value_type = WireId<'_>, required)]
    id: Value,
    #[schema(value_type = texts::RefreshToken)]
    refresh: Member,
}

impl Refresh {
    /// The token of the header counts before that of the body.
    pub fn beside(self, header: BearerRefresh) -> Result<(ExternalId, RefreshToken), BodyRefused> {
        let token = header.0.map_or_else(|| text(self.refresh).map(RefreshToken::new), Ok);
        let token = token.map_err(|unusable| BodyRefused::of(unusable, Required::RefreshToken))?;
        let id = id(&self.id).map_err(|unusable| BodyRefused::of(unusable, Required::Id))?;
        Ok((id, token))
    }
}

/// An access token, whose it is, and who asks.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = user_tokens::PresentedAccess, description = "A token, whose it is, and whether a frontend asks.")]
pub struct PresentedAccess {
    #[schema(value_type = WireId<'_>, required)]
    id: Value,
    #[schema(value_type = texts::AccessToken, required)]
    access: Member,
    #[schema(value_type = bool, default = false)]
    is_frontend: Value,
}

impl PresentedAccess {
    /// Somebody who is neither a frontend nor a service that may is refused before anything else of the body is judged.
    /// Anybody can say to be a frontend: this keeps out mistakes, and the token proves the rest.
    pub fn presented_by(self, caller: Option<ServiceCaller>) -> Result<(ExternalId, AccessToken), BodyRefused> {
        if caller.is_none() && !is_true(&self.is_frontend) {
            return Err(BodyRefused::UnknownService);
        }
        let needed = |unusable| BodyRefused::of(unusable, Required::AccessAndId);
        let id = id(&self.id).map_err(needed)?;
        Ok((id, AccessToken::new(text(self.access).map_err(needed)?)))
    }
}

/// A new pair.
#[derive(Serialize, ToSchema)]
#[schema(as = user_tokens::Minted, description = "A new pair of tokens.")]
pub struct Minted<'a> {
    id: WireId<'a>,
    #[schema(value_type = texts::RefreshToken)]
    refresh: &'a str,
    #[schema(value_type = texts::AccessToken)]
    access: &'a str,
}

impl<'a> Minted<'a> {
    pub fn new(id: &'a ExternalId, pair: &'a TokenPair) -> Self {
        Self { id: WireId(id), refresh: pair.refresh.expose(), access: pair.access.expose() }
    }
}

/// A new access token.
#[derive(Serialize, ToSchema)]
#[schema(as = user_tokens::Refreshed)]
pub struct Refreshed<'a> {
    #[schema(value_type = texts::AccessToken)]
    pub access: &'a str,
}

/// The token counts.
#[derive(Serialize, ToSchema)]
#[schema(as = user_tokens::Validated)]
pub struct Validated {
    pub access_token: &'static str,
}

/// The pair is ended.
#[derive(Serialize, ToSchema)]
#[schema(as = user_tokens::Invalidated)]
pub struct Invalidated {
    pub detail: &'static str,
}
