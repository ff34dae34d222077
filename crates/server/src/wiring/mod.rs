//! The composition root: the one place that knows every part and puts them together, from storage up to services.
//!
//! Nothing is decided here beyond which part stands behind which port; that follows from the configuration alone.

mod keys;
mod mails;
mod storages;

use std::sync::Arc;

use anyhow::Context as _;
use tessera_adapters::jwt::{TokenKeys, VerifiedCache};
use tessera_adapters::passwords::{BcryptHasher, HashingSettings};
use tessera_adapters::{OsSecrets, SystemClock};
use tessera_api::Services;
use tessera_services::activity::{ActivityQueue, ActivityRecorder, ActivityWriter};
use tessera_services::auth::{AccountImport, Accounts, PasswordVerifier, RememberedUsers};
use tessera_services::health::Backends;
use tessera_services::housekeeping::Housekeeper;
use tessera_services::mail::{MailBell, MailSender};
use tessera_services::one_time::OneTimeTokens;
use tessera_services::orchestrator::{
    AccountLogin, AccountVerifier, ActiveAccounts, Demonstration, NoLeadingA, Orchestrator, SessionIssuer,
    TimestampIssuer, UppercaseVerifier,
};
use tessera_services::ports::{Clock, PasswordHasher, SecretSource};
use tessera_services::tokens::{RevocationMirror, Sessions, TokenService};
use tessera_services::user_tokens::UserTokens;

pub use storages::Storages;

use crate::config::{Config, Passwords};

/// What a test puts in the place of the real thing.
#[derive(Clone, Default)]
pub struct Overrides {
    /// The time; the machine's own if there is none.
    pub clock: Option<Arc<dyn Clock>>,
}

/// What the services need from the world that is neither storage nor a key.
pub struct Surroundings {
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretSource>,
    /// What hashes passwords, and knows which hashes it can verify.
    pub hasher: Arc<dyn PasswordHasher>,
}

impl Surroundings {
    /// The real ones, but for what is overridden. It starts the threads that hash.
    pub fn new(passwords: &Passwords, overrides: Overrides) -> anyhow::Result<Self> {
        let secrets: Arc<dyn SecretSource> = Arc::new(OsSecrets);
        let hashing =
            HashingSettings { cost: passwords.bcrypt_cost, threads: passwords.hash_threads, ..Default::default() };
        let hasher = BcryptHasher::start(hashing, Arc::clone(&secrets))
            .context("the threads that hash passwords cannot be started")?;
        let clock = overrides.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        Ok(Self { clock, secrets, hasher: Arc::new(hasher) })
    }
}

/// Everything that runs: what requests are answered with, and what happens meanwhile.
pub struct Wired {
    /// What requests are answered with.
    pub services: Services,
    /// What was revoked, in memory; it has to follow its log.
    pub mirror: Arc<RevocationMirror>,
    /// Deletes what has expired.
    pub housekeeper: Housekeeper,
    /// Writes what happens to accounts.
    pub activity_writer: ActivityWriter,
    /// Sends mails, unless they wait until somebody says how.
    pub mail_sender: Option<Arc<MailSender>>,
}

/// Puts everything together. The keys are there and tested afterwards, and what was revoked is known.
pub async fn wire(config: &Config, storages: &Storages, overrides: Overrides) -> anyhow::Result<Wired> {
    let around = Surroundings::new(&config.passwords, overrides)?;
    let mut keys = keys::provide(config, storages, &*around.clock).await?;
    // One for all: what one service has verified, no other verifies again.
    keys.verifier = Arc::new(VerifiedCache::new(keys.verifier, VerifiedCache::DEFAULT_CAPACITY));
    let mirror = Arc::new(RevocationMirror::new(storages.revocations.clone(), around.clock.clone()));
    mirror.follow().await.context("the log of what was revoked cannot be read")?;
    let housekeeper = Housekeeper {
        sessions: storages.sessions.clone(),
        revocations: storages.revocations.clone(),
        mirror: Arc::clone(&mirror),
        one_time_tokens: storages.one_time_tokens.clone(),
        links: storages.links.clone(),
        user_tokens: storages.user_tokens.clone(),
        activity: storages.activity.clone(),
        mail_outbox: storages.mail_outbox.clone(),
        clock: around.clock.clone(),
    };
    let (activity, activity_writer) = activity(storages, &around);
    let mail_sender = mails::sender(config, storages, &around, Arc::new(MailBell::default()))?;
    let sessions = sessions(config, storages, &around, &keys, Arc::clone(&mirror), Arc::clone(&activity));
    let tokens: Arc<dyn TokenService> = Arc::new(sessions);
    let services = Services {
        auth: Arc::new(accounts(config, storages, &around, Arc::clone(&activity))),
        login: Arc::new(login(storages, &around, Arc::clone(&tokens), activity)),
        demonstration: config.contracts.request_token_demo.then(|| Arc::new(demonstration(&around)) as _),
        tokens,
        one_time_tokens: Arc::new(one_time_tokens(config, storages, &around)),
        user_tokens: Arc::new(user_tokens(config, storages, &around, &keys)),
        service_access: Arc::new(config.service_access.clone()),
        keys: keys.published,
        health: Arc::new(Backends(storages.health.clone())),
    };
    Ok(Wired { services, mirror, housekeeper, activity_writer, mail_sender })
}

/// What notes what happens to accounts, and what writes it down.
pub fn activity(storages: &Storages, around: &Surroundings) -> (Arc<dyn ActivityRecorder>, ActivityWriter) {
    let (clock, secrets) = (around.clock.clone(), around.secrets.clone());
    let (queue, writer) = ActivityQueue::new(storages.activity.clone(), clock, secrets);
    (Arc::new(queue), writer)
}

/// The service of accounts.
pub fn accounts(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    activity: Arc<dyn ActivityRecorder>,
) -> Accounts {
    Accounts {
        users: storages.users.clone(),
        remembered: remembered(storages, around),
        hasher: around.hasher.clone(),
        activity,
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        list_visibility: config.contracts.users_list,
    }
}

/// What brings accounts along.
pub fn account_import(storages: &Storages, around: &Surroundings) -> AccountImport {
    AccountImport { users: storages.users.clone(), clock: around.clock.clone(), secrets: around.secrets.clone() }
}

fn remembered(storages: &Storages, around: &Surroundings) -> RememberedUsers {
    RememberedUsers { users: storages.users.clone(), cache: storages.cache.clone(), clock: around.clock.clone() }
}

fn sessions(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    keys: &TokenKeys,
    revoked: Arc<RevocationMirror>,
    activity: Arc<dyn ActivityRecorder>,
) -> Sessions {
    Sessions {
        sessions: storages.sessions.clone(),
        revoked,
        activity,
        signer: keys.signer.clone(),
        verifier: keys.verifier.clone(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        lifetimes: config.tokens.lifetimes,
    }
}

fn user_tokens(config: &Config, storages: &Storages, around: &Surroundings, keys: &TokenKeys) -> UserTokens {
    UserTokens {
        pairs: storages.user_tokens.clone(),
        signer: keys.signer.clone(),
        verifier: keys.verifier.clone(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        lifetimes: config.tokens.lifetimes,
    }
}

fn one_time_tokens(config: &Config, storages: &Storages, around: &Surroundings) -> OneTimeTokens {
    OneTimeTokens {
        tokens: storages.one_time_tokens.clone(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        lifetime: config.tokens.one_time_lifetime,
    }
}

fn login(
    storages: &Storages,
    around: &Surroundings,
    tokens: Arc<dyn TokenService>,
    activity: Arc<dyn ActivityRecorder>,
) -> Orchestrator<AccountLogin> {
    let passwords = PasswordVerifier { users: storages.users.clone(), hasher: around.hasher.clone() };
    let issuer = SessionIssuer {
        tokens,
        users: storages.users.clone(),
        remembered: remembered(storages, around),
        activity: Arc::clone(&activity),
        clock: around.clock.clone(),
    };
    Orchestrator {
        verifier: Arc::new(AccountVerifier { passwords, activity }),
        policy: Arc::new(ActiveAccounts),
        issuer: Arc::new(issuer),
    }
}

fn demonstration(around: &Surroundings) -> Orchestrator<Demonstration> {
    Orchestrator {
        verifier: Arc::new(UppercaseVerifier),
        policy: Arc::new(NoLeadingA),
        issuer: Arc::new(TimestampIssuer { clock: around.clock.clone() }),
    }
}
