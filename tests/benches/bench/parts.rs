//! Tessera's own parts, put together as the server puts them together: the real services over a real SQLite file. The
//! server's composition root is private, and should stay what it is: this is its copy for one more route.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tessera_adapters::jwt::{Es256KeyGenerator, KeySealer, LiveKeys, TokenKeys, VerifiedCache};
use tessera_adapters::passwords::{BcryptCost, BcryptHasher, HashingSettings};
use tessera_adapters::{OsSecrets, SystemClock};
use tessera_api::Services;
use tessera_domain::{Algorithm, SessionLimits};
use tessera_repositories_memory::MemoryUserCache;
use tessera_repositories_sqlite::{
    SqliteAccountChanges, SqliteActivity, SqliteMailOutbox, SqliteOneTimeTokens, SqliteRevocations, SqliteSessions,
    SqliteSigningKeys, SqliteStore, SqliteUserTokens, SqliteUsers,
};
use tessera_services::account::OwnAccounts;
use tessera_services::activity::{ActivityQueue, ActivityRecorder};
use tessera_services::administration::{Activation, Administration};
use tessera_services::auth::{Accounts, AuthService, ListVisibility, PasswordVerifier, RememberedUsers};
use tessera_services::health::{Backend, Departure, InstanceHealth};
use tessera_services::limits::Unlimited;
use tessera_services::mail::MailQueue;
use tessera_services::one_time::OneTimeTokens;
use tessera_services::orchestrator::{AccountVerifier, ActiveAccounts, Orchestrator, SessionIssuer};
use tessera_services::ports::{Clock, PasswordHasher, SecretSource};
use tessera_services::signing_keys::{KeysInUse, PublishedKeySet, find_or_generate};
use tessera_services::tokens::{Lifetimes, RevocationMirror, Sessions, TokenService};
use tessera_services::user_tokens::{ServiceAccess, ServiceEntrance, UserTokens};

/// As the configuration has them by default.
const LIFETIMES: Lifetimes = Lifetimes {
    access: Duration::from_mins(15),
    session: SessionLimits { idle: Duration::from_hours(7 * 24), absolute: Duration::from_hours(30 * 24) },
    retry_window: Duration::from_secs(10),
};

/// What requests are answered with, and the mirror that has to follow its log meanwhile.
pub async fn assemble(folder: &Path, cost: BcryptCost) -> anyhow::Result<(Services, Arc<RevocationMirror>)> {
    let store = SqliteStore::open(folder.join("tessera.sqlite3"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let secrets: Arc<dyn SecretSource> = Arc::new(OsSecrets);
    let hashing = HashingSettings { cost, ..HashingSettings::default() };
    let hasher: Arc<dyn PasswordHasher> = Arc::new(BcryptHasher::start(hashing, Arc::clone(&secrets))?);
    let (users, cache) = (Arc::new(SqliteUsers::new(&store)), Arc::new(MemoryUserCache::new()));
    let remembered = || RememberedUsers { users: users.clone(), cache: cache.clone(), clock: Arc::clone(&clock) };
    let keys = keys(&store, &clock).await?;
    let in_use = KeysInUse::fixed(keys.signer, keys.verifier);
    let mirror = Arc::new(RevocationMirror::new(Arc::new(SqliteRevocations::new(&store)), Arc::clone(&clock)));
    let activity = Arc::new(SqliteActivity::new(&store));
    let (activity, writer) = ActivityQueue::new(activity, Arc::clone(&clock), Arc::clone(&secrets));
    tokio::spawn(writer.run(pending()));
    let activity: Arc<dyn ActivityRecorder> = Arc::new(activity);
    let tokens: Arc<dyn TokenService> = Arc::new(Sessions {
        sessions: Arc::new(SqliteSessions::new(&store)),
        revoked: Arc::clone(&mirror),
        activity: Arc::clone(&activity),
        keys: in_use.clone(),
        limiter: Arc::new(Unlimited),
        clock: Arc::clone(&clock),
        secrets: Arc::clone(&secrets),
        lifetimes: LIFETIMES,
    });
    let limiter = Arc::new(Unlimited);
    let passwords = PasswordVerifier { users: users.clone(), hasher: Arc::clone(&hasher), limiter };
    let login = Orchestrator {
        verifier: Arc::new(AccountVerifier { passwords: passwords.clone(), activity: Arc::clone(&activity) }),
        policy: Arc::new(ActiveAccounts),
        issuer: Arc::new(SessionIssuer {
            tokens: Arc::clone(&tokens),
            users: users.clone(),
            remembered: remembered(),
            activity: Arc::clone(&activity),
            clock: Arc::clone(&clock),
        }),
    };
    let one_time_tokens = OneTimeTokens {
        tokens: Arc::new(SqliteOneTimeTokens::new(&store)),
        clock: Arc::clone(&clock),
        secrets: Arc::clone(&secrets),
        limiter: Arc::new(Unlimited),
        lifetime: Duration::from_secs(10),
    };
    let user_tokens = UserTokens {
        pairs: Arc::new(SqliteUserTokens::new(&store)),
        keys: in_use,
        clock: Arc::clone(&clock),
        secrets: Arc::clone(&secrets),
        lifetimes: LIFETIMES,
    };
    let mails = mails(&store, &clock, &secrets);
    let auth: Arc<dyn AuthService> = Arc::new(Accounts {
        users: users.clone(),
        remembered: remembered(),
        hasher,
        limiter: Arc::new(Unlimited),
        mails: mails.clone(),
        activity: Arc::clone(&activity),
        clock: Arc::clone(&clock),
        secrets,
        list_visibility: ListVisibility::Public,
    });
    let accounts = OwnAccounts {
        one_time_tokens: Arc::new(SqliteOneTimeTokens::new(&store)),
        sessions: Arc::new(SqliteSessions::new(&store)),
        auth: Arc::clone(&auth),
        tokens: Arc::clone(&tokens),
        users: users.clone(),
        remembered: remembered(),
        passwords,
        limiter: Arc::new(Unlimited),
        changes: Arc::new(SqliteAccountChanges::new(&store)),
        links: Arc::new(SqliteOneTimeTokens::new(&store)),
        mails,
        revoked: Arc::clone(&mirror),
        activity,
        activity_log: Arc::new(SqliteActivity::new(&store)),
        clock: Arc::clone(&clock),
    };
    let services = Services {
        auth,
        administration: Arc::new(administration(&store, remembered(), &mirror, &clock)),
        accounts: Arc::new(accounts),
        login: Arc::new(login),
        demonstration: None,
        tokens,
        one_time_tokens: Arc::new(one_time_tokens),
        user_tokens: Arc::new(user_tokens),
        service_entrance: Arc::new(ServiceEntrance { access: ServiceAccess::Nobody, limiter: Arc::new(Unlimited) }),
        keys: Arc::new(PublishedKeySet { keys: keys.published, ring: None, clock }),
        health: Arc::new(InstanceHealth {
            backends: vec![Backend { storage: Arc::new(store), is_needed: true }],
            departure: Departure::default(),
        }),
    };
    Ok((services, mirror))
}

fn mails(store: &SqliteStore, clock: &Arc<dyn Clock>, secrets: &Arc<dyn SecretSource>) -> MailQueue {
    MailQueue {
        outbox: Arc::new(SqliteMailOutbox::new(store)),
        bell: Arc::default(),
        clock: Arc::clone(clock),
        secrets: Arc::clone(secrets),
    }
}

fn administration(
    store: &SqliteStore,
    remembered: RememberedUsers,
    revoked: &Arc<RevocationMirror>,
    clock: &Arc<dyn Clock>,
) -> Administration {
    let users = remembered.users.clone();
    let activation = Activation {
        users: users.clone(),
        changes: Arc::new(SqliteAccountChanges::new(store)),
        remembered: remembered.clone(),
        revoked: Arc::clone(revoked),
        clock: Arc::clone(clock),
        access_lifetime: LIFETIMES.access,
    };
    Administration { users, remembered, activation }
}

async fn keys(store: &SqliteStore, clock: &Arc<dyn Clock>) -> anyhow::Result<TokenKeys> {
    let sealer = Arc::new(KeySealer::new(&"the secret of an installation that lives for a minute".into(), None)?);
    let generator = Es256KeyGenerator::new(Arc::clone(&sealer));
    let (stored, lifetime) = (SqliteSigningKeys::new(store), LIFETIMES.session.idle);
    let schedule = find_or_generate(&stored, &generator, Algorithm::Es256, lifetime, clock.now()).await?;
    let remembered = VerifiedCache::DEFAULT_CAPACITY;
    let live = LiveKeys::open("tessera", &schedule, sealer, Arc::clone(clock), remembered)?;
    Ok(TokenKeys::es256(&Arc::new(live)))
}
