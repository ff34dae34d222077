//! The values of Tessera and the rules they keep: accounts, sessions, tokens, secrets.
//!
//! Everything here is plain data and pure functions. There is no clock, no randomness, no I/O and no
//! wire format: the present moment, fresh secrets and ids are passed in, so that every rule is a
//! one-line test.

#![warn(missing_docs)]

mod activity;
mod email;
mod error;
mod external_pair;
mod external_username;
mod full_name;
mod ids;
mod instances;
mod key_schedule;
mod mail;
mod network;
mod one_time;
mod password;
mod password_rules;
mod rate_limit;
mod revocation;
mod secret;
mod session;
mod signing_key;
mod subject;
mod text;
mod time;
mod token;
mod user;
mod user_agent;
mod username;

pub use crate::activity::{Activity, ActivityEvent};
pub use crate::email::Email;
pub use crate::error::{ErrorKind, Invalid, Result};
pub use crate::external_pair::{ExternalPair, IssuedToken};
pub use crate::external_username::ExternalUsername;
pub use crate::full_name::FullName;
pub use crate::ids::{ActivityId, MailId, ParseIdError, SessionId, TokenId, UserId};
pub use crate::instances::{INSTANCES_APART, last_expiry};
pub use crate::key_schedule::{KeySchedule, KeyState};
pub use crate::mail::{MailKind, QueuedMail};
pub use crate::network::Network;
pub use crate::one_time::{OneTimePurpose, OneTimeToken};
pub use crate::password::{PasswordHash, PlainPassword};
pub use crate::password_rules::{PasswordAttribute, PasswordContext, PasswordProblem, check_password};
pub use crate::rate_limit::{Allowance, Quota, RateLimitKey, RateLimitSecret};
pub use crate::revocation::{Revocation, RevokedKey};
pub use crate::secret::{Digest, OneTimeSecret};
pub use crate::session::{
    EndReason, Generation, OnRetry, Presented, RefreshPolicy, Rotation, Session, SessionClient, SessionLimits,
    SessionState,
};
pub use crate::signing_key::{Algorithm, KeyId, SealedKey, SigningKey};
pub use crate::subject::{ExternalId, Subject};
pub use crate::text::{TextRule, is_control};
pub use crate::time::Timestamp;
pub use crate::token::{AccessToken, Claims, RefreshToken, TokenKind, TokenPair, TokenType};
pub use crate::user::{Credentials, Identifier, NewUser, Privileges, SecurityVersion, User};
pub use crate::user_agent::UserAgent;
pub use crate::username::Username;
