//! The keys that tokens are signed with (requirement T9): found or made, opened, and tried once; and what else follows from
//! the same secret.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use tessera_adapters::OsSecrets;
use tessera_adapters::jwt::{
    Es256KeyGenerator, KeyError, KeySealer, LiveKeys, TokenKeys, VerifiedCache, rate_limit_secret,
};
use tessera_domain::{Algorithm, KeySchedule, RateLimitSecret, SigningKey};
use tessera_services::ports::Clock;
use tessera_services::signing_keys::{KeyKeeper, KeyRing, KeyRotation, KeysInUse, PublishedKeySet, find_or_generate};

use super::Storages;
use crate::config::{Config, SecretKey};
use crate::secret_file;

/// The last resort.
const LOST: &str = "If it is lost, empty the table of keys while the server is down, which ends every token: sqlite3 \
                    DATABASE 'DELETE FROM signing_keys'";

/// Everything that follows from the secret of this installation.
pub struct Keys {
    /// What signs and verifies tokens.
    pub in_use: KeysInUse,
    /// What others are shown of it.
    pub key_set: PublishedKeySet,
    /// What has the keys take over from each other; a shared secret is changed by the operator alone.
    pub keeper: Option<KeyKeeper>,
    /// What names the counters of attempts.
    pub rate_limits: RateLimitSecret,
}

/// The keys of this installation.
pub async fn provide(config: &Config, storages: &Storages, clock: &Arc<dyn Clock>) -> anyhow::Result<Keys> {
    let secrets = Secrets::find(config, storages).await?;
    let rate_limits = rate_limit_secret(&secrets.present).map_err(explain)?;
    match config.tokens.algorithm {
        Algorithm::Hs256 => shared_secret(config, &secrets, clock, rate_limits),
        Algorithm::Es256 => key_pairs(config, storages, &secrets, clock, rate_limits).await,
    }
}

/// What changes the signing keys, where they are key pairs. The keys that are there have been opened: a new one is sealed
/// under the secret that all instances have.
pub async fn rotation(config: &Config, storages: &Storages, clock: &Arc<dyn Clock>) -> anyhow::Result<KeyRotation> {
    let secrets = Secrets::find(config, storages).await?;
    let (rotation, schedule, sealer) = find_keys(config, storages, &secrets, clock).await?;
    LiveKeys::open(&config.tokens.issuer, &schedule, sealer, Arc::clone(clock), 0).map_err(explain)?;
    Ok(rotation)
}

/// Whether a start could use these keys, for who only looks: nothing is made.
pub fn try_open(config: &Config, schedule: &KeySchedule, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    let present = match &config.secret_key {
        SecretKey::Given(key) => key.clone(),
        SecretKey::InFile(path) if path.exists() => {
            secret_file::read(path).with_context(|| unusable(&path.display().to_string()))?
        }
        SecretKey::InFile(path) => return refuse_a_lost_secret(path, schedule.keys()),
    };
    let sealer = Arc::new(KeySealer::new(&present, config.previous_secret_key.as_ref()).map_err(explain)?);
    LiveKeys::open(&config.tokens.issuer, schedule, sealer, Arc::clone(clock), 0).map(drop).map_err(explain)
}

fn shared_secret(
    config: &Config,
    secrets: &Secrets,
    clock: &Arc<dyn Clock>,
    rate_limits: RateLimitSecret,
) -> anyhow::Result<Keys> {
    let keys = TokenKeys::hs256(&config.tokens.issuer, &secrets.present, secrets.previous.as_ref()).map_err(explain)?;
    test(&keys, clock)?;
    let verifier = VerifiedCache::new(keys.verifier, VerifiedCache::DEFAULT_CAPACITY);
    let key_set = PublishedKeySet { keys: keys.published, ring: None, clock: Arc::clone(clock) };
    Ok(Keys { in_use: KeysInUse::fixed(keys.signer, Arc::new(verifier)), key_set, keeper: None, rate_limits })
}

async fn key_pairs(
    config: &Config,
    storages: &Storages,
    secrets: &Secrets,
    clock: &Arc<dyn Clock>,
    rate_limits: RateLimitSecret,
) -> anyhow::Result<Keys> {
    let (rotation, schedule, sealer) = find_keys(config, storages, secrets, clock).await?;
    let open = |remembered| {
        let live = LiveKeys::open(&config.tokens.issuer, &schedule, Arc::clone(&sealer), Arc::clone(clock), remembered);
        live.map(Arc::new).map_err(explain)
    };
    // Where nothing is remembered: what is signed would not be verified otherwise.
    test(&TokenKeys::es256(&open(0)?), clock)?;
    let live = open(VerifiedCache::DEFAULT_CAPACITY)?;
    let keys = TokenKeys::es256(&live);
    let (stored, lifetime) = (Arc::clone(&rotation.keys), rotation.token_lifetime);
    let ring = KeyRing::new(stored, live, Arc::clone(clock), Algorithm::Es256, lifetime, schedule);
    let ring = Arc::new(ring);
    // What this instance signs may live longer than what was noted of the keys so far.
    ring.follow().await.context("the signing keys cannot be read")?;
    let in_use = KeysInUse::following(Arc::clone(&ring), keys.signer, keys.verifier);
    let key_set = PublishedKeySet { keys: keys.published, ring: Some(Arc::clone(&ring)), clock: Arc::clone(clock) };
    Ok(Keys { in_use, key_set, keeper: Some(KeyKeeper { ring, rotation }), rate_limits })
}

/// The stored keys, or the first one, with what changes them and what opens them.
async fn find_keys(
    config: &Config,
    storages: &Storages,
    secrets: &Secrets,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(KeyRotation, KeySchedule, Arc<KeySealer>)> {
    let sealer = Arc::new(KeySealer::new(&secrets.present, secrets.previous.as_ref()).map_err(explain)?);
    let generator = Arc::new(Es256KeyGenerator::new(Arc::clone(&sealer)));
    let lifetimes = config.tokens.lifetimes;
    let token_lifetime = lifetimes.session.idle.max(lifetimes.access);
    let stored = &storages.signing_keys;
    let schedule = find_or_generate(&**stored, &*generator, Algorithm::Es256, token_lifetime, clock.now()).await;
    let rotation = KeyRotation {
        keys: Arc::clone(stored),
        generator,
        clock: Arc::clone(clock),
        algorithm: Algorithm::Es256,
        token_lifetime,
        rotate_after: config.tokens.key_rotation.age(),
    };
    Ok((rotation, schedule.context("the signing keys cannot be read or made")?, sealer))
}

fn test(keys: &TokenKeys, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    keys.self_test(clock.now()).context("the cryptography of this build does not work")
}

/// The secret, and the one before it while it is being changed.
struct Secrets {
    present: SecretString,
    previous: Option<SecretString>,
}

impl Secrets {
    async fn find(config: &Config, storages: &Storages) -> anyhow::Result<Self> {
        refuse_to_replace_a_lost_secret(&config.secret_key, storages).await?;
        let present = secret_key(config.secret_key.clone()).await?;
        Ok(Self { present, previous: config.previous_secret_key.clone() })
    }
}

/// A secret that is made anew opens no key that is there already; it would only hide that the old one is missing.
async fn refuse_to_replace_a_lost_secret(key: &SecretKey, storages: &Storages) -> anyhow::Result<()> {
    let SecretKey::InFile(path) = key else { return Ok(()) };
    if path.exists() {
        return Ok(());
    }
    let stored = storages.signing_keys.list(Algorithm::Es256).await.context("the signing keys cannot be read")?;
    refuse_a_lost_secret(path, &stored)
}

fn refuse_a_lost_secret(path: &Path, stored: &[SigningKey]) -> anyhow::Result<()> {
    anyhow::ensure!(
        stored.is_empty(),
        "{} is missing, and only what was in it opens the signing keys in the database: restore it from a backup, or set \
         SECRET_KEY to its content. {LOST}",
        path.display(),
    );
    Ok(())
}

async fn secret_key(key: SecretKey) -> anyhow::Result<SecretString> {
    match key {
        SecretKey::Given(key) => Ok(key),
        SecretKey::InFile(path) => {
            let shown = path.display().to_string();
            let found = tokio::task::spawn_blocking(move || secret_file::find_or_create(&path, &OsSecrets)).await?;
            found.with_context(|| unusable(&shown))
        }
    }
}

fn unusable(path: &str) -> String {
    format!("the secret in {path} cannot be used (SECRET_KEY, DATA_DIR)")
}

/// What an operator can do about it.
fn explain(error: KeyError) -> anyhow::Error {
    match error {
        KeyError::CannotOpen(id) => anyhow!(
            "SECRET_KEY does not open the signing key {id} in the database: set it to the value that this key was made \
             with, or SECRET_KEY_PREVIOUS if it is being changed. {LOST}"
        ),
        other => anyhow::Error::new(other).context("the signing keys cannot be used"),
    }
}
