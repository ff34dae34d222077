//! Tessera's own parts, put together as the server puts them together: the real services over a real SQLite file. The
//! server's composition root is private, and should stay what it is: this is its copy for one more route.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tessera_adapters::jwt::{Es256KeyGenerator, KeySealer, TokenKeys, VerifiedCache};
use tessera_adapters::passwords::{BcryptCost, BcryptHasher, HashingSettings};
use tessera_adapters::{OsSecrets, SystemClock};
use tessera_api::Services;
use tessera_domain::{Algorithm, SessionLimits};
use tessera_repositories_memory::MemoryUserCache;
use tessera_repositories_sqlite::{
    SqliteActivity, SqliteOneTimeTokens, SqliteRevocations, SqliteSessions, SqliteSigningKeys, SqliteStore,
    SqliteUserTokens, SqliteUsers,
};
use tessera_services::activity::{ActivityQueue, ActivityRecorder};
use tessera_services::auth::{Accounts, ListVisibility, PasswordVerifier, RememberedUsers};
use tessera_services::health::Backends;
use tessera_services::one_time::OneTimeTokens;
use tessera_services::orchestrator::{AccountVerifier, ActiveAccounts, Orchestrator, SessionIssuer};
use tessera_services::ports::{Clock, PasswordHasher, SecretSource};
use tessera_services::signing_keys::find_or_generate;
use tessera_services::tokens::{Lifetimes, RevocationMirror, Sessions, TokenService};
use tessera_services::user_tokens::{ServiceAccess, UserTokens};

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
    let mut keys = keys(&store, &*clock).await?;
    keys.verifier = Arc::new(VerifiedCache::new(keys.verifier, VerifiedCache::DEFAULT_CAPACITY));
    let mirror = Arc::new(RevocationMirror::new(Arc::new(SqliteRevocations::new(&store)), Arc::clone(&clock)));
    let activity = Arc::new(SqliteActivity::new(&store));
    let (activity, writer) = ActivityQueue::new(activity, Arc::clone(&clock), Arc::clone(&secrets));
    tokio::spawn(writer.run(pending()));
    let activity: Arc<dyn ActivityRecorder> = Arc::new(activity);
    let tokens: Arc<dyn TokenService> = Arc::new(Sessions {
        sessions: Arc::new(SqliteSessions::new(&store)),
        revoked: Arc::clone(&mirror),
        activity: Arc::clone(&activity),
        signer: Arc::clone(&keys.signer),
        verifier: Arc::clone(&keys.verifier),
        clock: Arc::clone(&clock),
        secrets: Arc::clone(&secrets),
        lifetimes: LIFETIMES,
    });
    let passwords = PasswordVerifier { users: users.clone(), hasher: Arc::clone(&hasher) };
    let login = Orchestrator {
        verifier: Arc::new(AccountVerifier { passwords, activity: Arc::clone(&activity) }),
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
        lifetime: Duration::from_secs(10),
    };
    let user_tokens = UserTokens {
        pairs: Arc::new(SqliteUserTokens::new(&store)),
        signer: keys.signer,
        verifier: keys.verifier,
        clock: Arc::clone(&clock),
        secrets: Arc::clone(&secrets),
        lifetimes: LIFETIMES,
    };
    let auth = Accounts {
        users: users.clone(),
        remembered: remembered(),
        hasher,
        activity,
        clock: Arc::clone(&clock),
        secrets,
        list_visibility: ListVisibility::Public,
    };
    let services = Services {
        auth: Arc::new(auth),
        login: Arc::new(login),
        demonstration: None,
        tokens,
        one_time_tokens: Arc::new(one_time_tokens),
        user_tokens: Arc::new(user_tokens),
        service_access: Arc::new(ServiceAccess::Nobody),
        keys: keys.published,
        health: Arc::new(Backends(vec![Arc::new(store)])),
    };
    Ok((services, mirror))
}

async fn keys(store: &SqliteStore, clock: &dyn Clock) -> anyhow::Result<TokenKeys> {
    let sealer = Arc::new(KeySealer::new(&"the secret of an installation that lives for a minute".into())?);
    let generator = Es256KeyGenerator::new(Arc::clone(&sealer));
    let stored = find_or_generate(&SqliteSigningKeys::new(store), &generator, Algorithm::Es256, clock.now()).await?;
    Ok(TokenKeys::es256("tessera", &stored, &sealer)?)
}
