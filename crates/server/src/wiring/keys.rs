//! The keys that tokens are signed with (requirement T9): found or made, opened, and tried once; and what else follows from
//! the same secret.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use tessera_adapters::OsSecrets;
use tessera_adapters::jwt::{Es256KeyGenerator, KeyError, KeySealer, TokenKeys, rate_limit_secret};
use tessera_domain::{Algorithm, RateLimitSecret};
use tessera_services::ports::Clock;
use tessera_services::signing_keys::find_or_generate;

use super::Storages;
use crate::config::{Config, SecretKey};
use crate::secret_file;

/// The last resort.
const LOST: &str = "If it is lost, empty the table of keys while the server is down, which ends every token: sqlite3 \
                    DATABASE 'DELETE FROM signing_keys'";

/// Everything that follows from the secret of this installation.
pub struct Keys {
    /// What signs and verifies tokens.
    pub tokens: TokenKeys,
    /// What names the counters of attempts.
    pub rate_limits: RateLimitSecret,
}

/// The keys of this installation.
pub async fn provide(config: &Config, storages: &Storages, clock: &dyn Clock) -> anyhow::Result<Keys> {
    refuse_to_replace_a_lost_secret(&config.secret_key, storages).await?;
    let secret_key = secret_key(config.secret_key.clone()).await?;
    let rate_limits = rate_limit_secret(&secret_key).map_err(explain)?;
    let tokens = match config.tokens.algorithm {
        Algorithm::Hs256 => TokenKeys::hs256(&config.tokens.issuer, &secret_key).map_err(explain)?,
        Algorithm::Es256 => {
            let sealer = Arc::new(KeySealer::new(&secret_key).map_err(explain)?);
            let generator = Es256KeyGenerator::new(Arc::clone(&sealer));
            let stored = find_or_generate(&*storages.signing_keys, &generator, Algorithm::Es256, clock.now()).await;
            let stored = stored.context("the signing keys cannot be read or made")?;
            TokenKeys::es256(&config.tokens.issuer, &stored, &sealer).map_err(explain)?
        }
    };
    tokens.self_test(clock.now()).context("the cryptography of this build does not work")?;
    Ok(Keys { tokens, rate_limits })
}

/// A secret that is made anew opens no key that is there already; it would only hide that the old one is missing.
async fn refuse_to_replace_a_lost_secret(key: &SecretKey, storages: &Storages) -> anyhow::Result<()> {
    let SecretKey::InFile(path) = key else { return Ok(()) };
    if path.exists() {
        return Ok(());
    }
    let stored = storages.signing_keys.list(Algorithm::Es256).await.context("the signing keys cannot be read")?;
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
            found.with_context(|| format!("the secret in {shown} cannot be used (SECRET_KEY, DATA_DIR)"))
        }
    }
}

/// What an operator can do about it.
fn explain(error: KeyError) -> anyhow::Error {
    match error {
        KeyError::CannotOpen(id) => anyhow!(
            "SECRET_KEY does not open the signing key {id} in the database: set it to the value that this database was \
             first started with. {LOST}"
        ),
        other => anyhow::Error::new(other).context("the signing keys cannot be used"),
    }
}
