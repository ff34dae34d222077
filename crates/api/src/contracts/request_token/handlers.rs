//! The one handler of `request_token`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use tessera_services::ClientInfo;
use tessera_services::orchestrator::{Demonstration, OrchestratorService};

use super::dto::{Issued, RequestToken};
use super::error::RequestTokenRefused;
use crate::http::answer;
use crate::http::body::JsonOrForm;
use crate::http::caller::Anonymous;

/// `POST /api/request-token/`
pub async fn request_token(
    _: Anonymous,
    JsonOrForm(body): JsonOrForm<RequestToken>,
    client: ClientInfo,
    orchestrator: web::Data<dyn OrchestratorService<Demonstration>>,
) -> Result<HttpResponse, RequestTokenRefused> {
    let token = orchestrator.request_token(body.into_request(client)?).await?;
    Ok(answer::json(StatusCode::OK, &Issued { token: &token.0 }))
}
