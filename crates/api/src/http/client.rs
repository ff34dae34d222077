//! Who is on the other end of the line.

use actix_web::HttpMessage as _;
use actix_web::http::header::USER_AGENT;
use tessera_domain::UserAgent;
use tessera_services::ClientInfo;
use tessera_services::limits::Standings;

use super::errors::Refusal;
use super::extract::{Extract, Incoming};

impl Extract for ClientInfo {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(client(incoming))
    }
}

/// The client of a request. However often it is asked for, where it stands with the limits is one note, which the answer
/// tells of.
pub(super) fn client(incoming: &Incoming) -> ClientInfo {
    let request = &incoming.request;
    let said = request.headers().get(USER_AGENT);
    let user_agent = said.map(|value| UserAgent::of(&String::from_utf8_lossy(value.as_bytes())));
    let ip = incoming.settings.proxies.client_of(request);
    let standings = request.extensions_mut().get_or_insert_with(Standings::default).clone();
    ClientInfo { ip, user_agent, standings }
}
