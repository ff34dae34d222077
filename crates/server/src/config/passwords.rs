//! How passwords are hashed (requirement A3).

use std::num::NonZeroUsize;

use tessera_adapters::passwords::BcryptCost;

use super::listen::cores;
use super::mistakes::Checks;
use super::runtime::AppEnv;

/// The least that is accepted in production.
const LOWEST_IN_PRODUCTION: u32 = 10;

#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Settings {
    /// Cost of a password hash; each step doubles the work. 4 to 15, in production 10 to 15
    #[arg(long, env = "BCRYPT_COST", value_name = "COST", default_value = "12")]
    bcrypt_cost: String,

    /// Threads that hash passwords, 1 to 64 [default: one a core]
    #[arg(long, env = "HASH_THREADS", value_name = "COUNT")]
    hash_threads: Option<String>,
}

/// How passwords are hashed.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// The cost of a new hash.
    pub bcrypt_cost: BcryptCost,
    /// How many are hashed at once.
    pub hash_threads: NonZeroUsize,
}

impl Settings {
    pub fn check(self, app_env: AppEnv, checks: &mut Checks) -> Option<Passwords> {
        let lowest = app_env.pick(BcryptCost::MIN.get(), LOWEST_IN_PRODUCTION);
        let cost = checks.whole("BCRYPT_COST", &self.bcrypt_cost, "doublings", lowest..=BcryptCost::MAX.get());
        let hash_threads = match self.hash_threads {
            Some(raw) => checks.threads("HASH_THREADS", &raw),
            None => Some(cores()),
        };
        Some(Passwords { bcrypt_cost: BcryptCost::new(cost?).ok()?, hash_threads: hash_threads? })
    }
}

impl Passwords {
    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![("BCRYPT_COST", self.bcrypt_cost.get().to_string()), ("HASH_THREADS", self.hash_threads.to_string())]
    }
}
