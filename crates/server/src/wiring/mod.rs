//! The composition root: the one place that knows every part and puts them together, from storage up to services.
//!
//! Nothing is decided here beyond which part stands behind which port; that follows from the configuration alone.

mod keys;
mod mails;
mod overrides;
mod storages;

use std::sync::Arc;

use anyhow::Context as _;
use tessera_adapters::OsSecrets;
use tessera_adapters::passwords::{BcryptHasher, HashPoolGauge, HashingSettings};
use tessera_api::Services;
use tessera_domain::RateLimitSecret;
use tessera_services::account::OwnAccounts;
use tessera_services::activity::{ActivityGauge, ActivityQueue, ActivityRecorder, ActivityWriter};
use tessera_services::administration::{Activation, Administration};
use tessera_services::auth::{AccountImport, Accounts, AuthService, PasswordVerifier, RememberedUsers};
use tessera_services::health::{Departure, InstanceHealth};
use tessera_services::housekeeping::Housekeeper;
use tessera_services::limits::{KnownArrivals, Limits, RateLimiter, Tally, Unlimited};
use tessera_services::mail::{MailQueue, MailSender};
use tessera_services::one_time::OneTimeTokens;
use tessera_services::orchestrator::{
    AccountLogin, AccountVerifier, ActiveAccounts, Demonstration, NoLeadingA, Orchestrator, SessionIssuer,
    TimestampIssuer, UppercaseVerifier,
};
use tessera_services::ports::{Clock, PasswordHasher, SecretSource};
use tessera_services::signing_keys::{KeyKeeper, KeysInUse};
use tessera_services::tokens::{RevocationMirror, RevocationNews, Sessions, TokenService};
use tessera_services::user_tokens::{ServiceEntrance, UserTokens};

use keys::Keys;
pub use keys::{rotation as key_rotation, try_open as try_open_keys};
pub use mails::queue as mail_queue;
pub use overrides::Overrides;
pub use storages::Storages;

use crate::config::{Config, Passwords};

/// What the services need besides storage and keys.
pub struct Surroundings {
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretSource>,
    /// What hashes passwords, and knows which hashes it can verify.
    pub hasher: Arc<dyn PasswordHasher>,
    limiter: Arc<dyn RateLimiter>,
    tally: Arc<Tally>,
    hashing: HashPoolGauge,
}

impl Surroundings {
    /// The real ones, but for what is overridden, and without limits: those are for clients. It starts the threads that
    /// hash.
    pub fn new(passwords: &Passwords, overrides: &Overrides) -> anyhow::Result<Self> {
        let secrets: Arc<dyn SecretSource> = Arc::new(OsSecrets);
        let hashing =
            HashingSettings { cost: passwords.bcrypt_cost, threads: passwords.hash_threads, ..Default::default() };
        let hasher = BcryptHasher::start(hashing, Arc::clone(&secrets))
            .context("the threads that hash passwords cannot be started")?;
        let hashing = hasher.gauge();
        let (limiter, tally) = (Arc::new(Unlimited), Arc::default());
        Ok(Self { clock: overrides.clock(), secrets, hasher: Arc::new(hasher), limiter, tally, hashing })
    }
}

/// Everything that runs: what requests are answered with, and what happens meanwhile.
pub struct Wired {
    /// What requests are answered with.
    pub services: Services,
    /// What can be read off the services.
    pub gauges: ServiceGauges,
    /// Where it is to be announced that this instance stops.
    pub departure: Departure,
    /// What was revoked, in memory; it has to follow its log.
    pub mirror: Arc<RevocationMirror>,
    /// What other instances revoke; it has to be listened to.
    pub news: Option<RevocationNews>,
    /// Has the signing keys take over from each other, and this process know them.
    pub key_keeper: Option<KeyKeeper>,
    /// Deletes what has expired.
    pub housekeeper: Housekeeper,
    /// Writes what happens to accounts.
    pub activity_writer: ActivityWriter,
    /// Sends mails, unless they wait until somebody says how.
    pub mail_sender: Option<Arc<MailSender>>,
}

/// What those who watch over the services read off them.
pub struct ServiceGauges {
    /// The threads that hash.
    pub hashing: HashPoolGauge,
    /// What the limits decided.
    pub tally: Arc<Tally>,
    /// Entries of the activity log that wait.
    pub activity: ActivityGauge,
    /// The time by which the services go.
    pub clock: Arc<dyn Clock>,
}

/// Puts everything together. The keys are there and tested afterwards, and what was revoked is known.
pub async fn wire(config: &Config, storages: &Storages, overrides: &Overrides) -> anyhow::Result<Wired> {
    let around = Surroundings::new(&config.passwords, overrides)?;
    let Keys { in_use: keys, key_set, keeper: key_keeper, rate_limits } =
        keys::provide(config, storages, &around.clock).await?;
    let around = if config.limits.is_on { limited(config, storages, around, rate_limits) } else { around };
    let mirror = mirror(storages, &around);
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
    let news = storages.notices.clone().map(|notices| RevocationNews {
        notices,
        mirror: Arc::clone(&mirror),
        clock: around.clock.clone(),
    });
    let (activity, activity_writer) = activity(storages, &around);
    let gauges = ServiceGauges {
        hashing: around.hashing.clone(),
        tally: around.tally.clone(),
        activity: activity.gauge(),
        clock: around.clock.clone(),
    };
    let activity: Arc<dyn ActivityRecorder> = activity;
    let mails = mails::queue(storages, &around);
    let mail_sender = mails::sender(config, storages, &around, Arc::clone(&mails.bell))?;
    let sessions = sessions(config, storages, &around, &keys, Arc::clone(&mirror), activity.clone());
    let tokens: Arc<dyn TokenService> = Arc::new(sessions);
    let auth: Arc<dyn AuthService> = Arc::new(accounts(config, storages, &around, mails.clone(), activity.clone()));
    let own_accounts = OwnAccounts {
        auth: Arc::clone(&auth),
        tokens: Arc::clone(&tokens),
        sessions: storages.sessions.clone(),
        users: storages.users.clone(),
        remembered: remembered(storages, &around),
        passwords: passwords(storages, &around),
        limiter: around.limiter.clone(),
        changes: storages.account_changes.clone(),
        links: storages.links.clone(),
        one_time_tokens: storages.one_time_tokens.clone(),
        mails,
        revoked: Arc::clone(&mirror),
        activity: activity.clone(),
        activity_log: storages.activity.clone(),
        clock: around.clock.clone(),
    };
    let administration = Administration {
        users: storages.users.clone(),
        remembered: remembered(storages, &around),
        activation: activation(config, storages, &around, mirror.clone()),
    };
    let departure = Departure::default();
    let health = InstanceHealth::new(storages.health.clone(), departure.clone());
    let services = Services {
        auth,
        administration: Arc::new(administration),
        accounts: Arc::new(own_accounts),
        login: Arc::new(login(storages, &around, Arc::clone(&tokens), activity)),
        demonstration: config.contracts.request_token_demo.then(|| Arc::new(demonstration(&around)) as _),
        tokens,
        one_time_tokens: Arc::new(one_time_tokens(config, storages, &around)),
        user_tokens: Arc::new(user_tokens(config, storages, &around, &keys)),
        service_entrance: Arc::new(ServiceEntrance {
            access: config.service_access.clone(),
            limiter: around.limiter.clone(),
        }),
        keys: Arc::new(key_set),
        health: Arc::new(health),
    };
    Ok(Wired { services, gauges, departure, mirror, news, key_keeper, housekeeper, activity_writer, mail_sender })
}

/// What notes what happens to accounts, and what writes it down.
pub fn activity(storages: &Storages, around: &Surroundings) -> (Arc<ActivityQueue>, ActivityWriter) {
    let (clock, secrets) = (around.clock.clone(), around.secrets.clone());
    let (queue, writer) = ActivityQueue::new(storages.activity.clone(), clock, secrets);
    (Arc::new(queue), writer)
}

/// The same surroundings, where attempts are counted.
fn limited(config: &Config, storages: &Storages, around: Surroundings, secret: RateLimitSecret) -> Surroundings {
    let (counters, clock) = (storages.rate_limits.clone(), around.clock.clone());
    let limits = Limits {
        counters,
        quotas: config.limits.quotas,
        secret,
        clock,
        tally: around.tally.clone(),
        known: KnownArrivals::default(),
    };
    Surroundings { limiter: Arc::new(limits), ..around }
}

/// The service of accounts.
pub fn accounts(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    mails: MailQueue,
    activity: Arc<dyn ActivityRecorder>,
) -> Accounts {
    Accounts {
        users: storages.users.clone(),
        remembered: remembered(storages, around),
        hasher: around.hasher.clone(),
        mails,
        activity,
        limiter: around.limiter.clone(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        list_visibility: config.contracts.users_list,
    }
}

/// What brings accounts along.
pub fn account_import(storages: &Storages, around: &Surroundings) -> AccountImport {
    AccountImport { users: storages.users.clone(), clock: around.clock.clone(), secrets: around.secrets.clone() }
}

/// What was revoked, in memory: empty until it has followed its log.
pub fn mirror(storages: &Storages, around: &Surroundings) -> Arc<RevocationMirror> {
    Arc::new(RevocationMirror::new(storages.revocations.clone(), around.clock.clone()))
}

/// What disables accounts and enables them.
pub fn activation(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    revoked: Arc<RevocationMirror>,
) -> Activation {
    Activation {
        users: storages.users.clone(),
        changes: storages.account_changes.clone(),
        one_time_tokens: storages.one_time_tokens.clone(),
        remembered: remembered(storages, around),
        revoked,
        clock: around.clock.clone(),
        access_lifetime: config.tokens.lifetimes.access,
    }
}

fn passwords(storages: &Storages, around: &Surroundings) -> PasswordVerifier {
    PasswordVerifier { users: storages.users.clone(), hasher: around.hasher.clone(), limiter: around.limiter.clone() }
}

fn remembered(storages: &Storages, around: &Surroundings) -> RememberedUsers {
    RememberedUsers { users: storages.users.clone(), cache: storages.cache.clone(), clock: around.clock.clone() }
}

fn sessions(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    keys: &KeysInUse,
    revoked: Arc<RevocationMirror>,
    activity: Arc<dyn ActivityRecorder>,
) -> Sessions {
    Sessions {
        sessions: storages.sessions.clone(),
        revoked,
        activity,
        keys: keys.clone(),
        limiter: around.limiter.clone(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        lifetimes: config.tokens.lifetimes,
    }
}

fn user_tokens(config: &Config, storages: &Storages, around: &Surroundings, keys: &KeysInUse) -> UserTokens {
    UserTokens {
        pairs: storages.user_tokens.clone(),
        keys: keys.clone(),
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
        limiter: around.limiter.clone(),
        lifetime: config.tokens.one_time_lifetime,
    }
}

fn login(
    storages: &Storages,
    around: &Surroundings,
    tokens: Arc<dyn TokenService>,
    activity: Arc<dyn ActivityRecorder>,
) -> Orchestrator<AccountLogin> {
    let issuer = SessionIssuer {
        tokens,
        users: storages.users.clone(),
        remembered: remembered(storages, around),
        activity: Arc::clone(&activity),
        clock: around.clock.clone(),
    };
    Orchestrator {
        verifier: Arc::new(AccountVerifier { passwords: passwords(storages, around), activity }),
        policy: Arc::new(ActiveAccounts),
        issuer: Arc::new(issuer),
    }
}

fn demonstration(around: &Surroundings) -> Orchestrator<Demonstration> {
    Orchestrator {
        verifier: Arc::new(UppercaseVerifier { limiter: around.limiter.clone() }),
        policy: Arc::new(NoLeadingA),
        issuer: Arc::new(TimestampIssuer { clock: around.clock.clone() }),
    }
}
