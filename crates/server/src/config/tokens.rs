//! How tokens are signed, and how long things live.

use std::time::Duration;

use tessera_domain::{Algorithm, SessionLimits};
use tessera_services::tokens::Lifetimes;

use super::mistakes::{Checks, parse_switch};

const DEFAULT_SESSION_DAYS: u32 = 30;
const MOST_DAYS: u32 = 3_650;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// What signs tokens: `ES256`, a key of its own; `HS256`, the bytes of `SECRET_KEY`, for consumers that share it
    #[arg(long, env = "JWT_ALGORITHM", value_name = "NAME", default_value = "ES256")]
    jwt_algorithm: String,

    /// After how many days another key of `ES256` signs: days, such as `90d`, or `off` to have it done by `tessera keys
    /// rotate` alone. What the old key signed counts until it expires
    #[arg(long, env = "KEY_ROTATION", value_name = "DAYS", default_value = "90d")]
    key_rotation: String,

    /// What tokens say in `iss`
    #[arg(long, env = "JWT_ISSUER", value_name = "TEXT", default_value = "tessera")]
    jwt_issuer: String,

    /// Lifetime of an access token, in minutes
    #[arg(long, env = "JWT_ACCESS_TOKEN_LIFETIME", value_name = "MINUTES", default_value = "15")]
    jwt_access_token_lifetime: String,

    /// Lifetime of a refresh token, in days: how long a session may be idle
    #[arg(long, env = "JWT_REFRESH_TOKEN_LIFETIME", value_name = "DAYS", default_value = "7")]
    jwt_refresh_token_lifetime: String,

    /// Lifetime of a session, in days, however often it is refreshed [default: 30, or as long as a refresh token]
    #[arg(long, env = "SESSION_LIFETIME", value_name = "DAYS")]
    session_lifetime: Option<String>,

    /// For how many seconds a refresh token that was just spent is a repeated request and not a theft
    #[arg(long, env = "REFRESH_RETRY_WINDOW_SECONDS", value_name = "SECONDS", default_value = "10")]
    refresh_retry_window_seconds: String,

    /// For how many seconds a one-time token of `/token/create` can be spent
    #[arg(long, env = "ONETIME_TOKEN_EXPIRE_SECONDS", value_name = "SECONDS", default_value = "10")]
    onetime_token_expire_seconds: String,
}

/// How tokens are signed, and how long things live.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// What signs.
    pub algorithm: Algorithm,
    /// When another key signs.
    pub key_rotation: Rotation,
    /// The issuer.
    pub issuer: String,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How long a one-time token can be spent.
    pub one_time_lifetime: Duration,
}

impl Settings {
    pub fn check(self, checks: &mut Checks) -> Option<Tokens> {
        let algorithm = |text: &str| Algorithm::from_name(&text.to_ascii_uppercase());
        let algorithm = checks.read("JWT_ALGORITHM", &self.jwt_algorithm, "ES256, HS256", algorithm);
        let accepted = "a whole number of days from 2d to 3650d, off";
        let rotation = checks.read("KEY_ROTATION", &self.key_rotation, accepted, Rotation::parse);
        let issuer = |text: &str| (1..=255).contains(&text.len()).then(|| text.to_owned());
        let issuer = checks.read("JWT_ISSUER", &self.jwt_issuer, "a text of 1 to 255 bytes", issuer);
        let lifetimes = self.check_lifetimes(checks);
        let one_time = &self.onetime_token_expire_seconds;
        let one_time = checks.whole("ONETIME_TOKEN_EXPIRE_SECONDS", one_time, "seconds", 1..=86_400);
        let one_time_lifetime = Duration::from_secs(one_time?.into());
        Some(Tokens {
            algorithm: algorithm?,
            key_rotation: rotation?,
            issuer: issuer?,
            lifetimes: lifetimes?,
            one_time_lifetime,
        })
    }

    fn check_lifetimes(&self, checks: &mut Checks) -> Option<Lifetimes> {
        let minutes = checks.whole("JWT_ACCESS_TOKEN_LIFETIME", &self.jwt_access_token_lifetime, "minutes", 1..=43_200);
        let days = checks.whole("JWT_REFRESH_TOKEN_LIFETIME", &self.jwt_refresh_token_lifetime, "days", 1..=MOST_DAYS);
        let window =
            checks.whole("REFRESH_RETRY_WINDOW_SECONDS", &self.refresh_retry_window_seconds, "seconds", 0..=300);
        let session = match &self.session_lifetime {
            // From one day on while the other is unknown: one mistake is not reported as two.
            Some(raw) => checks.whole("SESSION_LIFETIME", raw, "days", days.unwrap_or(1)..=MOST_DAYS),
            None => days.map(|days| days.max(DEFAULT_SESSION_DAYS)),
        };
        let (access, idle) = (Duration::from_mins(minutes?.into()), from_days(days?));
        if access > idle {
            let accepted = "at most as long as JWT_REFRESH_TOKEN_LIFETIME";
            checks.refuse("JWT_ACCESS_TOKEN_LIFETIME", "outlives a refresh token", accepted);
            return None;
        }
        let session = SessionLimits { idle, absolute: from_days(session?) };
        Some(Lifetimes { access, session, retry_window: Duration::from_secs(window?.into()) })
    }
}

/// When another key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// When the operator says so.
    ByHand,
    /// Also when one has signed for so long.
    After(Duration),
}

impl Rotation {
    /// At least two days: the next key is there a day before it signs.
    fn parse(text: &str) -> Option<Self> {
        if parse_switch(text) == Some(false) {
            return Some(Self::ByHand);
        }
        let days: u32 = text.strip_suffix(['d', 'D']).unwrap_or(text).parse().ok()?;
        (2..=MOST_DAYS).contains(&days).then(|| Self::After(from_days(days)))
    }

    /// For how long a key signs, if that is limited.
    pub fn age(self) -> Option<Duration> {
        match self {
            Self::ByHand => None,
            Self::After(age) => Some(age),
        }
    }
}

fn from_days(days: u32) -> Duration {
    Duration::from_hours(24 * u64::from(days))
}

impl Tokens {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let days = |duration: Duration| (duration.as_secs() / from_days(1).as_secs()).to_string();
        let Lifetimes { access, session, retry_window } = self.lifetimes;
        vec![
            ("JWT_ALGORITHM", self.algorithm.name().to_owned()),
            ("KEY_ROTATION", self.key_rotation.age().map_or("off".to_owned(), |age| format!("{}d", days(age)))),
            ("JWT_ISSUER", self.issuer.clone()),
            ("JWT_ACCESS_TOKEN_LIFETIME", (access.as_secs() / 60).to_string()),
            ("JWT_REFRESH_TOKEN_LIFETIME", days(session.idle)),
            ("SESSION_LIFETIME", days(session.absolute)),
            ("REFRESH_RETRY_WINDOW_SECONDS", retry_window.as_secs().to_string()),
            ("ONETIME_TOKEN_EXPIRE_SECONDS", self.one_time_lifetime.as_secs().to_string()),
        ]
    }
}
