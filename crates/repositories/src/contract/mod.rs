//! The promises of the ports, as test suites for whoever implements one.
//!
//! Each promise is a function over the port as a trait object, named for what it promises. They come in three tiers:
//! *behaviour* is every outcome of every method, *expiry* is what happens at the exact edges of time, *concurrency* is
//! sixteen tasks that start together and must not both win. None of them waits for time to pass.
//!
//! An implementation runs a whole suite with one line, which becomes one test a promise:
//!
//! ```text
//! tessera_repositories::user_contract!(async {
//!     let folder = tempfile::tempdir().unwrap();
//!     let store = MyStore::open(folder.path()).unwrap();
//!     (Arc::new(MyUsers::new(&store)) as Arc<dyn UserRepository>, folder)
//! });
//! ```
//!
//! The block makes a fresh, empty storage and is run anew for each promise. It yields the port (an
//! `Arc<dyn UserRepository>`) and whatever has to outlive it: a temporary folder, a connection, or `()`. A port whose
//! promises are about others on the same storage takes them along: for sessions the block yields a
//! [`sessions::SessionPorts`], for changes of accounts an [`account_changes::AccountPorts`]. The line stands at the top
//! level of a test file; the file needs no dependency but this crate with its feature `contract`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite of tests: a broken promise is a panic, and says so in its message"
)]

use std::time::Duration;

mod race;
mod sample;

pub mod account_changes;
pub mod activity_log;
pub mod mail_outbox;
pub mod one_time_tokens;
pub mod rate_limits;
pub mod revocations;
pub mod sessions;
pub mod signing_keys;
pub mod user_cache;
pub mod user_tokens;
pub mod users;

/// What every call is expected to do here: a suite runs against a storage that is up.
const ANSWERS: &str = "the storage answers";

/// A promise that is not kept by then never will be: a hanging test is a failing one.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs one promise on several threads, with time and networking, as a server would.
#[doc(hidden)]
pub fn run(promise: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime for the test")
        .block_on(async { tokio::time::timeout(PATIENCE, promise).await })
        .expect("the promise is kept within a minute");
}

/// One tier of a suite: a module with a test for each promise. `$argument` is how a promise takes the ports.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tier {
    ($suite:ident::$tier:ident, $fresh:expr, |$ports:ident| $argument:expr, $($promise:ident)*) => {
        mod $tier {
            use super::*;
            $(
                #[test]
                fn $promise() {
                    $crate::contract::run(async {
                        let ($ports, keep) = $fresh.await;
                        $crate::contract::$suite::$promise($argument).await;
                        drop($ports);
                        drop(keep);
                    });
                }
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    /// A promise that no macro lists is one that nobody keeps.
    #[test]
    fn every_promise_is_listed() {
        for suite in [
            concat!(
                include_str!("account_changes/mod.rs"),
                include_str!("account_changes/passwords.rs"),
                include_str!("account_changes/profiles.rs"),
                include_str!("account_changes/activation.rs"),
                include_str!("account_changes/deletion.rs"),
                include_str!("account_changes/expiry.rs"),
                include_str!("account_changes/concurrency/winners.rs"),
                include_str!("account_changes/concurrency/survivors.rs"),
                include_str!("account_changes/concurrency/whole.rs")
            ),
            concat!(
                include_str!("activity_log/mod.rs"),
                include_str!("activity_log/behaviour.rs"),
                include_str!("activity_log/expiry.rs"),
                include_str!("activity_log/concurrency.rs")
            ),
            concat!(
                include_str!("mail_outbox/mod.rs"),
                include_str!("mail_outbox/behaviour.rs"),
                include_str!("mail_outbox/claims.rs"),
                include_str!("mail_outbox/expiry.rs"),
                include_str!("mail_outbox/concurrency.rs")
            ),
            concat!(
                include_str!("one_time_tokens/mod.rs"),
                include_str!("one_time_tokens/behaviour.rs"),
                include_str!("one_time_tokens/expiry.rs"),
                include_str!("one_time_tokens/concurrency.rs")
            ),
            include_str!("rate_limits.rs"),
            include_str!("revocations.rs"),
            concat!(
                include_str!("sessions/mod.rs"),
                include_str!("sessions/behaviour.rs"),
                include_str!("sessions/expiry.rs"),
                include_str!("sessions/of_account.rs"),
                include_str!("sessions/concurrency.rs")
            ),
            include_str!("signing_keys.rs"),
            include_str!("user_cache.rs"),
            concat!(
                include_str!("user_tokens/mod.rs"),
                include_str!("user_tokens/behaviour.rs"),
                include_str!("user_tokens/expiry.rs"),
                include_str!("user_tokens/concurrency.rs")
            ),
            concat!(
                include_str!("users/mod.rs"),
                include_str!("users/behaviour.rs"),
                include_str!("users/concurrency.rs")
            ),
        ] {
            let mut promises = suite.lines().filter_map(|line| line.strip_prefix("pub async fn ")).peekable();
            assert!(promises.peek().is_some(), "no promises found");
            for name in promises.filter_map(|rest| rest.split('(').next()) {
                assert!(suite.lines().any(|line| line.trim() == name), "{name} is in no tier");
            }
        }
    }
}
