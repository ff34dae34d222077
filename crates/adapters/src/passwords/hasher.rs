//! The password hasher as the services see it.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{PasswordHash, PlainPassword};
use tessera_services::ports::{HashError, PasswordHasher, SecretSource, UnusableHash, Verdict, random};

use super::cost::BcryptCost;
use super::pool::{HashPool, HashPoolGauge};
use super::{OutOfMemory, bcrypt_sha256, stored};

/// How passwords are hashed.
#[derive(Debug, Clone, Copy)]
pub struct HashingSettings {
    /// The cost of new hashes.
    pub cost: BcryptCost,
    /// How many hashes are computed at once.
    pub threads: NonZeroUsize,
    /// How many requests may wait, however short the wait.
    pub queue: usize,
    /// How long a request may be expected to wait before its hash is begun.
    pub max_wait: Duration,
}

impl Default for HashingSettings {
    /// One thread a core, and a wait that leaves time for the hash itself within the five seconds of a request.
    fn default() -> Self {
        Self {
            cost: BcryptCost::DEFAULT,
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            queue: 256,
            max_wait: Duration::from_secs(3),
        }
    }
}

/// bcrypt in Django's `bcrypt_sha256` encoding, on a bounded pool of threads. It also verifies the hashes of others.
pub struct BcryptHasher {
    cost: BcryptCost,
    secrets: Arc<dyn SecretSource>,
    pool: HashPool,
}

impl BcryptHasher {
    /// Starts the threads; it fails if the operating system refuses them. No hash is computed yet. `secrets` gives the
    /// salts.
    pub fn start(settings: HashingSettings, secrets: Arc<dyn SecretSource>) -> io::Result<Self> {
        let HashingSettings { cost, threads, queue, max_wait } = settings;
        let pool = HashPool::start(threads, queue, max_wait, cost.first_estimate())?;
        Ok(Self { cost, secrets, pool })
    }

    /// What can be read off its threads and their queue.
    pub fn gauge(&self) -> HashPoolGauge {
        self.pool.gauge()
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        self.pool.submit(work)?.await.map_err(|_| HashError::Failed)
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: PlainPassword) -> Result<PasswordHash, HashError> {
        let cost = self.cost;
        let salt = random(&*self.secrets);
        self.run(move || bcrypt_sha256::encode(&password, cost, salt)).await?.map_err(|_| HashError::Failed)
    }

    async fn verify(&self, password: PlainPassword, hash: Option<PasswordHash>) -> Result<Verdict, HashError> {
        let cost = self.cost;
        self.run(move || stored::verify(&password, hash.as_ref(), cost)).await?.map_err(HashError::from)
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), UnusableHash> {
        stored::check(hash)
    }
}

impl From<OutOfMemory> for HashError {
    fn from(_: OutOfMemory) -> Self {
        Self::Busy { retry_after: Duration::from_secs(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsSecrets;

    fn hasher(cost: BcryptCost) -> BcryptHasher {
        let settings = HashingSettings { cost, threads: NonZeroUsize::MIN, ..HashingSettings::default() };
        BcryptHasher::start(settings, Arc::new(OsSecrets)).expect("threads")
    }

    fn password(text: &str) -> PlainPassword {
        PlainPassword::parse(text).expect("valid")
    }

    #[tokio::test]
    async fn verifies_what_it_hashed() {
        let hasher = hasher(BcryptCost::MIN);
        let hash = hasher.hash(password("correct horse")).await.expect("hashed");
        let again = hasher.hash(password("correct horse")).await.expect("hashed");
        assert_ne!(hash.expose(), again.expose(), "each hash has a salt of its own");

        let right = hasher.verify(password("correct horse"), Some(hash.clone())).await;
        assert_eq!(right, Ok(Verdict::Right { outdated: false }));
        assert_eq!(hasher.verify(password("wrong"), Some(hash)).await, Ok(Verdict::Wrong));
        assert_eq!(hasher.verify(password("correct horse"), None).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn asks_for_an_upgrade_when_the_setting_rises() {
        let hash = hasher(BcryptCost::MIN).hash(password("correct horse")).await.expect("hashed");
        let verdict = hasher(BcryptCost::new(5).expect("in range")).verify(password("correct horse"), Some(hash)).await;
        assert_eq!(verdict, Ok(Verdict::Right { outdated: true }));
    }

    #[tokio::test]
    async fn passes_on_that_it_is_busy() {
        let settings = HashingSettings { threads: NonZeroUsize::MIN, queue: 0, ..HashingSettings::default() };
        let hasher = BcryptHasher::start(settings, Arc::new(OsSecrets)).expect("threads");
        let (gate, closed) = std::sync::mpsc::channel::<()>();
        let _running = hasher.pool.submit(move || closed.recv()).expect("admitted");
        let refused = hasher.verify(password("correct horse"), None).await;
        assert!(matches!(refused, Err(HashError::Busy { retry_after }) if !retry_after.is_zero()));
        drop(gate);
    }
}
