//! Servers for tests: a private PostgreSQL and a private Redis for each test process that needs one, a mail server for each
//! test, and a Prometheus; and the patience that all tests have.
//!
//! Each is in a folder of its own, on a free port of the loopback interface, and gone without a trace when the process
//! that started it ends, in whichever way it ends. `TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers to use instead.
//! Whatever is missing is a failure that says what to install; nothing is skipped.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot set up its world has failed")]

mod guardian;
mod patience;
pub mod postgres;
pub mod prometheus;
pub mod redis;
pub mod smtp;

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

pub use guardian::Guardian;
pub use patience::eventually;

/// How often to start on another port, if somebody was faster to take the one that had been free.
const ATTEMPTS: usize = 5;

/// A port of the loopback interface that nobody listened on a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A name that no other test has, on a server that other test processes may use at the same time: for a schema, or as
/// the beginning of keys.
pub fn unique_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("tessera_test_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The server that somebody else takes care of, if there is one.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the service")]
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|url| !url.is_empty())
}
