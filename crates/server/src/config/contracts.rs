//! What the contracts offer, and to whom.

use tessera_services::auth::ListVisibility;

use super::mistakes::Checks;
use super::runtime::AppEnv;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// The demonstration `POST /api/request-token/`: `on` or `off` [default: on, in production off]
    #[arg(long, env = "REQUEST_TOKEN_DEMO", value_name = "SWITCH")]
    request_token_demo: Option<String>,

    /// Who may read `GET /api/v1/users`: `public`, `authenticated` or `staff`
    #[arg(long, env = "USERS_LIST", value_name = "WHO", default_value = "public")]
    users_list: String,
}

/// What the contracts offer.
#[derive(Debug, Clone)]
pub struct Contracts {
    /// Whether the demonstration answers.
    pub request_token_demo: bool,
    /// Who may see the list of accounts.
    pub users_list: ListVisibility,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<Contracts> {
        let demo = match self.request_token_demo {
            Some(raw) => checks.switch("REQUEST_TOKEN_DEMO", &raw),
            None => Some(app_env.pick(true, false)),
        };
        let users_list = checks.read("USERS_LIST", &self.users_list, "public, authenticated, staff", parse_visibility);
        Some(Contracts { request_token_demo: demo?, users_list: users_list? })
    }
}

fn parse_visibility(text: &str) -> Option<ListVisibility> {
    let named = |visibility: &ListVisibility| text.eq_ignore_ascii_case(name(*visibility));
    [ListVisibility::Public, ListVisibility::Authenticated, ListVisibility::Staff].into_iter().find(named)
}

fn name(visibility: ListVisibility) -> &'static str {
    match visibility {
        ListVisibility::Public => "public",
        ListVisibility::Authenticated => "authenticated",
        ListVisibility::Staff => "staff",
    }
}

impl Contracts {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let demo = if self.request_token_demo { "on" } else { "off" };
        vec![("REQUEST_TOKEN_DEMO", demo.to_owned()), ("USERS_LIST", name(self.users_list).to_owned())]
    }
}
