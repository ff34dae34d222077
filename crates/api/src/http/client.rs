//! Who is on the other end of the line.

use actix_web::HttpMessage as _;
use actix_web::http::header::USER_AGENT;
use tessera_services::ClientInfo;
use tessera_services::limits::Standings;

use super::errors::Refusal;
use super::extract::{Extract, Incoming};

/// More than this of what a client says about itself is not kept.
const LONGEST_USER_AGENT: usize = 200;

impl Extract for ClientInfo {
    async fn extract(incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(client(incoming))
    }
}

/// The client of a request. However often it is asked for, where it stands with the limits is one note, which the answer
/// tells of.
pub(super) fn client(incoming: &Incoming) -> ClientInfo {
    let request = &incoming.request;
    let user_agent = request.headers().get(USER_AGENT).map(|value| printable(value.as_bytes()));
    let ip = incoming.settings.proxies.client_of(request);
    let standings = request.extensions_mut().get_or_insert_with(Standings::default).clone();
    ClientInfo { ip, user_agent, standings }
}

fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !tessera_domain::is_control(*c)).take(LONGEST_USER_AGENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_cut_and_cleaned() {
        assert_eq!(printable("é".repeat(500).as_bytes()).chars().count(), LONGEST_USER_AGENT);
        assert_eq!(printable("curl/8\t\u{202e}x".as_bytes()), "curl/8x");
        assert_eq!(printable(b"a\xffb"), "a\u{fffd}b");
    }
}
