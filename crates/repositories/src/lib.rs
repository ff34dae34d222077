//! The storage ports: what the services ask of a storage, and what it promises in return.
//!
//! A port method is one atomic intention that returns an outcome, so that nobody reads, decides and then writes.
//! The present moment, ids and digests are passed in; no implementation reads a clock or makes a secret. Expected
//! cases are outcomes, everything else is one opaque [`RepositoryError`].
//!
//! The promises are written once, in the module `contract` (feature `contract`), and every implementation
//! runs them. Mocks of all ports are behind the feature `mock`.

#![warn(missing_docs)]

mod account_changes;
mod activity_log;
mod error;
mod health;
mod mail_outbox;
mod one_time_tokens;
mod rate_limits;
mod revocation_notices;
mod revocations;
mod sessions;
mod signing_keys;
mod storage_gauge;
mod storage_inspection;
mod user_cache;
mod user_tokens;
mod users;

#[cfg(feature = "contract")]
pub mod contract;

pub use account_changes::{
    AccountChangeRepository, AccountDeletion, ActivationOutcome, Authority, DeletionOutcome, EmailChange,
    PasswordChange, PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome,
};
pub use activity_log::{ActivityPage, ActivityPageRequest, ActivityRepository};
pub use error::{RepositoryError, Result};
pub use health::{Condition, StorageHealth};
pub use mail_outbox::{Backlog, ClaimedMail, MailOutboxRepository, Settlement};
pub use one_time_tokens::{Earlier, KeepOutcome, OneTimeTokenRepository};
pub use rate_limits::RateLimitRepository;
pub use revocation_notices::RevocationNotices;
pub use revocations::{RevocationCursor, RevocationPage, RevocationRepository};
pub use sessions::{
    AccountSessionEnding, OpenOutcome, RotateOutcome, RotateSession, SessionEnding, SessionPage, SessionPageRequest,
    SessionRepository, WhichSessions,
};
pub use signing_keys::{AppendKeyOutcome, RetireKeyOutcome, SigningKeyRepository};
pub use storage_gauge::{PoolLoad, StorageGauge, TableSize};
pub use storage_inspection::{Contents, Inspection, SchemaState, StorageInspection};
pub use user_cache::UserCache;
pub use user_tokens::{GuardedOutcome, PutOutcome, UserTokenRepository};
pub use users::{InsertOutcome, UserPage, UserPageRequest, UserRepository};

#[cfg(feature = "mock")]
pub use {
    account_changes::MockAccountChangeRepository, activity_log::MockActivityRepository, health::MockStorageHealth,
    mail_outbox::MockMailOutboxRepository, one_time_tokens::MockOneTimeTokenRepository,
    rate_limits::MockRateLimitRepository, revocation_notices::MockRevocationNotices,
    revocations::MockRevocationRepository, sessions::MockSessionRepository, signing_keys::MockSigningKeyRepository,
    storage_gauge::MockStorageGauge, storage_inspection::MockStorageInspection, user_cache::MockUserCache,
    user_tokens::MockUserTokenRepository, users::MockUserRepository,
};
