//! What every test here needs: a store on the shared server, or a server to do harm to.

use std::time::Duration;

use tessera_repositories_redis::{RedisStore, StoreOptions};
use tessera_test_servers::redis::{Prefix, Process, Server};

/// The prefix where a test has a server of its own.
pub const PREFIX: &str = "tessera:";

/// So patient that a busy machine makes no difference, for the tests that are not about being late.
pub async fn connect(url: &str, prefix: &str) -> RedisStore {
    let patience = Duration::from_secs(40);
    let options = StoreOptions { patience, glance: patience, ..StoreOptions::new(url, prefix) };
    RedisStore::connect(&options).await.expect("a store")
}

/// A store on the shared server.
pub async fn store(prefix: &Prefix) -> RedisStore {
    connect(Server::shared().url(), prefix.as_str()).await
}

/// Kills a server, and starts it again with what it finds saved.
pub fn restart(server: &mut Process, arguments: &[&str]) {
    server.kill();
    server.start_again(arguments);
}

/// Throws away every key of this kind.
pub fn evict(server: &Process, pattern: &str) {
    let script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end";
    server.ask(&["EVAL", script, "0", pattern]);
}
